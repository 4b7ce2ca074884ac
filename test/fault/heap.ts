/** How much memory lives, after everything that can go has gone. */
import * as Effect from "effect/Effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const gc: unknown = runInNewContext("gc")

const collect = Effect.sync(() => {
  if (typeof gc !== "function") throw new Error("this Node gives no gc")
  gc()
})

/** Megabytes of it. The wait lets go of what only the current turn of the event loop holds. */
const used = (of: "arrayBuffers" | "heapUsed"): Effect.Effect<number> =>
  collect.pipe(
    Effect.andThen(Effect.sleep("50 millis")),
    Effect.andThen(collect),
    Effect.andThen(Effect.sync(() => process.memoryUsage()[of] / 2 ** 20))
  )

/** What values take. */
export const heapUsed = used("heapUsed")

/** What buffers take. */
export const buffersUsed = used("arrayBuffers")
