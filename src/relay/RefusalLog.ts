/**
 * Refusals in the log, however many there are: who is turned away must not be able to fill a disk.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Refusal, type RelayCounts, refusalReasons } from "./RelayCounts.ts"

/** The least time between two lines of the same reason. */
const interval = "10 seconds"

/**
 * Says how many were refused since the last time, one line a reason, until the scope closes.
 *
 * @example
 * yield* logRefusals(counts) // Refused 1204 [origin]
 */
export const logRefusals = (
  counts: Pick<RelayCounts, "refusals" | "refusedOrigin">
): Effect.Effect<void, never, Scope.Scope> => {
  const told = new Map<Refusal, number>()
  const tell = Effect.suspend(() =>
    Effect.forEach(
      refusalReasons,
      (reason) => {
        const total = counts.refusals.get(reason) ?? 0
        const count = total - (told.get(reason) ?? 0)
        told.set(reason, total)
        if (count === 0) return Effect.void
        // One of them is enough to see which page was forgotten.
        const origin = reason === "origin" ? counts.refusedOrigin : undefined
        return Effect.logInfo(`Refused ${count}: ${reason}`).pipe(
          Effect.annotateLogs({
            action: "relay/refused",
            reason,
            count,
            total,
            ...(origin === undefined ? {} : { origin })
          })
        )
      },
      { discard: true }
    )
  )
  return Effect.sleep(interval).pipe(
    Effect.andThen(tell),
    Effect.forever,
    Effect.forkScoped,
    Effect.andThen(Effect.addFinalizer(() => tell))
  )
}
