/**
 * The token from a configuration. Apart from {@link Auth}, so that a browser that never reads one
 * does not load `effect/Config` (2.6 kB of the bundle, gzipped).
 */
import * as Config from "effect/Config"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { Auth, layerFixed } from "./Auth.ts"

/**
 * The token of a configuration: `SANITY_AUTH_TOKEN` of the environment unless another is given.
 * Where it is not set, there is no token.
 *
 * @example
 * const live = Layer.provide(BifurTransport.layer, AuthConfig.layer())
 */
export const layer = (
  config: Config.Config<Redacted.Redacted<string>> = Config.Redacted("SANITY_AUTH_TOKEN")
): Layer.Layer<Auth, Config.ConfigError> => layerFixed(Config.option(config))
