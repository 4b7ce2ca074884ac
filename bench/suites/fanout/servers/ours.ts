/** Our relay. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Relay, RelayAuth, type RelayOptions } from "../../../../src/relay/index.ts"
import { serve } from "./serve.ts"

/** What a suite may set. */
export type Settings = Pick<RelayOptions, "rollCall">

const settings: Settings = JSON.parse(process.argv[2] ?? "null")

/** All options of the relay that is measured; bounds that thousands from one address would hit go here. */
const options: RelayOptions = { ...settings, port: 0, maxConnectionsPerRoom: 5_000 }

const program = Effect.gen(function* () {
  const { address } = yield* Relay
  serve(address.port)
  return yield* Effect.never
})

const layer = Relay.layer(options).pipe(Layer.provide(RelayAuth.layerDevelopment), Layer.orDie)
await Effect.runPromise(Effect.provide(program, layer))
