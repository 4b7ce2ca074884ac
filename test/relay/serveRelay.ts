/** A relay in a process of its own says its URL, and what it costs when it is asked. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth } from "../../src/relay/RelayAuth.ts"

const program = Effect.gen(function* () {
  const { url } = yield* Relay
  process.send?.({ url })
  process.on("message", () => {
    globalThis.gc?.()
    const { external, heapUsed, rss } = process.memoryUsage()
    process.send?.({ rss, used: heapUsed + external, cpu: process.cpuUsage() })
  })
  process.on("disconnect", () => process.exit())
  return yield* Effect.never
}).pipe(
  Effect.provide(
    Relay.layer({
      port: 0,
      slowReaderTimeout: Number(process.argv[2]),
      silenceTimeout: Number(process.argv[3])
    }).pipe(Layer.provide(RelayAuth.layerDevelopment))
  )
)

await Effect.runPromise(program)
