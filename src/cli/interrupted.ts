/**
 * What scripts learn of a command that a signal ended before it was done.
 */
import { constants } from "node:os"
import * as Effect from "effect/Effect"

/** The exit code of a process that a signal ended: 130 for SIGINT, as shells have it. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

/**
 * For commands with an end of their own: who interrupts one has no result. The others run until they are
 * stopped, and end with 0.
 */
export const failWhenInterrupted = <A, E, R>(
  command: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    let signal: "SIGINT" | "SIGTERM" = "SIGINT"
    const onTerm = () => {
      signal = "SIGTERM"
    }
    process.prependOnceListener("SIGTERM", onTerm)
    return command.pipe(
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          process.exitCode = exitCodeOf(signal)
        })
      ),
      Effect.ensuring(Effect.sync(() => process.off("SIGTERM", onTerm)))
    )
  })
