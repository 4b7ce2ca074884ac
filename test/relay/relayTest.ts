import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth } from "../../src/relay/RelayAuth.ts"
import type { RelayOptions } from "../../src/relay/RelayOptions.ts"

/** Nothing is put off: an event is out before its sender has an answer. */
const prompt: RelayOptions = {
  announceInterval: 0,
  batchInterval: 0,
  returnGrace: 0,
  rollCallInterval: 0
}

/** A relay on a free port that takes development tokens, and by default puts nothing off. */
export const relayWith = (options: RelayOptions) =>
  Relay.layer({ port: 0, ...prompt, ...options }).pipe(Layer.provide(RelayAuth.layerDevelopment))

/** A test in real time against a relay of its own. */
export const relay = (
  name: string,
  test: (url: string) => Effect.Effect<void, unknown, Scope.Scope>,
  options: RelayOptions = {}
) =>
  it.live(name, () =>
    Relay.use(({ url }) => Effect.scoped(test(url))).pipe(Effect.provide(relayWith(options)))
  )
