/** A relay as a process: a node of a cluster on NATS. Prints its URL when it listens. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NatsBackplane, Relay, RelayAuth, type RelayOptions } from "../../src/relay/index.ts"

// Ends with whoever started it.
process.stdin.resume().once("close", () => process.exit())

const { nats, options }: { readonly nats: string; readonly options: RelayOptions } = JSON.parse(
  process.argv[2] ?? "{}"
)

const program = Effect.gen(function* () {
  const { url } = yield* Relay
  console.log(url)
  yield* Effect.callback<void>((resume) => {
    process.once("SIGTERM", () => resume(Effect.void))
  })
})

const layer = Relay.layerNode(options).pipe(
  Layer.provide([RelayAuth.layerDevelopment, NatsBackplane.layer({ servers: nats })])
)

await Effect.runPromise(Effect.provide(program, Layer.orDie(layer)))
process.exit()
