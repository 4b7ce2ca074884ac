/** A relay in a process of its own: says its URL, then what it holds whenever it is asked. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth } from "../../src/relay/RelayAuth.ts"
import type { RelayOptions } from "../../src/relay/RelayOptions.ts"

export interface Report {
  /** After a garbage collection, in megabytes. */
  readonly heap: number
  readonly rss: number
  readonly sockets: number
  readonly timers: number
  readonly polluted: boolean
}

const active = (name: string): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === name).length

const report = async (): Promise<Report> => {
  // What only the current turn of the event loop holds goes between the two.
  globalThis.gc?.()
  await new Promise((resolve) => setTimeout(resolve, 50))
  globalThis.gc?.()
  const { external, heapUsed, rss } = process.memoryUsage()
  return {
    heap: (heapUsed + external) / 2 ** 20,
    rss: rss / 2 ** 20,
    sockets: active("TCPSocketWrap"),
    timers: active("Timeout"),
    polluted: "polluted" in {}
  }
}

const options: RelayOptions = JSON.parse(process.argv[2] ?? "{}")

const program = Effect.gen(function* () {
  const { url } = yield* Relay
  process.send?.({ url })
  process.on("message", () => void report().then((said) => process.send?.(said)))
  process.on("disconnect", () => process.exit())
  return yield* Effect.never
}).pipe(
  Effect.provide(
    Relay.layer({ port: 0, ...options }).pipe(Layer.provide(RelayAuth.layerDevelopment))
  )
)

await Effect.runPromise(program)
