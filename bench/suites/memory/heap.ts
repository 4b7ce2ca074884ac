/** How much memory lives, after everything that can go has gone. */
import { setFlagsFromString } from "node:v8"

// Code that was not used for some collections is let go of, at any of them: megabytes come and go that no
// session holds.
setFlagsFromString("--no-flush-bytecode")

const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

/** Less than this between two collections is no change, in bytes. */
const noise = 2_048

/**
 * Bytes. Collects until three times running nothing more goes, in turns of the event loop of their own.
 *
 * @param rest milliseconds to wait before
 */
export const heapUsed = async (rest = 0): Promise<number> => {
  if (globalThis.gc === undefined) throw new Error("a heap that is not collected says nothing")
  await pause(rest)
  let least = Number.POSITIVE_INFINITY
  let quiet = 0
  for (let times = 0; quiet < 3 && times < 50; times++) {
    globalThis.gc()
    await pause(10)
    const { heapUsed: used } = process.memoryUsage()
    quiet = used < least - noise ? 0 : quiet + 1
    least = Math.min(least, used)
  }
  return least
}
