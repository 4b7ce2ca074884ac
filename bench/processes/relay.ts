/** A relay as a process. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Relay } from "../../src/relay/index.ts"

process.stdin.resume().once("close", () => process.exit())

const program = Effect.gen(function* () {
  const { url } = yield* Relay
  console.log(url)
  return yield* Effect.never
})

await Effect.runPromise(Effect.provide(program, Layer.orDie(Relay.layerTest)))
