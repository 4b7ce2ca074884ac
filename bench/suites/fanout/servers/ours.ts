/** Our relay. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import {
  Backplane,
  NatsBackplane,
  Relay,
  RelayAuth,
  type RelayOptions
} from "../../../../src/relay/index.ts"
import { serve } from "./serve.ts"

/** What a suite may set; `nats`: where it meets other nodes, if there are any. */
export type Settings = Pick<RelayOptions, "rollCall"> & { readonly nats?: string }

const { nats, ...settings }: Settings = JSON.parse(process.argv[2] ?? "{}")

/** All options of the relay that is measured; bounds that a crowd of the same few names would hit go here. */
const options: RelayOptions = {
  ...settings,
  port: 0,
  maxConnectionsPerRoom: 10_000,
  maxConnectionsPerUser: 10_000
}

const program = Effect.gen(function* () {
  const { address } = yield* Relay
  serve(address.port)
  return yield* Effect.never
})

const backplane = nats === undefined ? Backplane.layerNone : NatsBackplane.layer({ servers: nats })
const layer = Relay.layerNode(options).pipe(
  Layer.provide([RelayAuth.layerDevelopment, backplane]),
  Layer.orDie
)
// What is printed are answers.
const quiet = Logger.layer([])
await Effect.runPromise(Effect.provide(program, Layer.provideMerge(layer, quiet)))
