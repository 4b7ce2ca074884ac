/** A relay as a process that can be ended in good order (SIGTERM) and started again on its port. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import {
  Backplane,
  NatsBackplane,
  Relay,
  RelayAuth,
  type RelayOptions
} from "../../src/relay/index.ts"
import { now } from "./clock.ts"

process.stdin.resume().once("close", () => process.exit())

/**
 * - `listenAt`: not before that time, by the clock of the machine; a process takes its time to start.
 * - `nats`: where it meets other nodes, if there are any.
 */
export interface RelayNode {
  readonly options: RelayOptions
  readonly listenAt: number
  readonly nats: string | undefined
}

const { listenAt, nats, options }: RelayNode = JSON.parse(process.argv[2] ?? "null")

const program = Effect.gen(function* () {
  const terminated = yield* Deferred.make<void>()
  process.once("SIGTERM", () => Deferred.doneUnsafe(terminated, Effect.void))
  const { address } = yield* Relay
  console.log(address.port)
  yield* Deferred.await(terminated)
})

const backplane = nats === undefined ? Backplane.layerNone : NatsBackplane.layer({ servers: nats })
const layer = Relay.layerNode(options).pipe(Layer.provide([RelayAuth.layerDevelopment, backplane]))
// Nothing is printed but the port.
const quiet = Logger.layer([])
await sleep(Math.max(0, listenAt - now()))
await Effect.runPromise(Effect.provide(program, Layer.provideMerge(Layer.orDie(layer), quiet)))
process.exit()
