import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth } from "../../src/relay/RelayAuth.ts"
import type { RelayOptions } from "../../src/relay/RelayOptions.ts"

/** A relay on a free port that takes development tokens. */
export const relayWith = (options: RelayOptions) =>
  Relay.layer({ port: 0, ...options }).pipe(Layer.provide(RelayAuth.layerDevelopment))

/** A test in real time against a relay of its own. */
export const relay = (
  name: string,
  test: (url: string) => Effect.Effect<void, unknown, Scope.Scope>,
  options: RelayOptions = {}
) =>
  it.live(name, () =>
    Relay.use(({ url }) => Effect.scoped(test(url))).pipe(Effect.provide(relayWith(options)))
  )
