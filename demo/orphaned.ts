/**
 * The end of npm, where this runs under it.
 */
import * as Effect from "effect/Effect"

/**
 * Ends when the process that started this one has ended; never without npm. A SIGTERM to `npm
 * start` ends npm's shell, which passes it on to nobody: this would go on and keep its ports.
 */
export const orphaned: Effect.Effect<void> = Effect.gen(function* () {
  if (process.env["npm_lifecycle_event"] === undefined) return yield* Effect.never
  const parent = process.ppid
  while (process.ppid === parent) yield* Effect.sleep("250 millis")
})
