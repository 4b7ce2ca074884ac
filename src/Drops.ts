/**
 * What was received and left out, counted by reason: bad input ends nothing, but is never silent.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

/**
 * The counter of what was left out, with the attribute `reason`.
 *
 * @example
 * const value = yield* Metric.value(Metric.withAttributes(drops, { reason: "json" }))
 */
export const drops = Metric.counter("presence_drops_total", {
  description: "Frames, events, locations and reports that were left out",
  incremental: true
})

/** Counts and logs (debug) what was left out. */
export const countDrop = (reason: string, count = 1): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(drops, { reason }), count).pipe(
    Effect.andThen(Effect.logDebug("Left something out")),
    Effect.annotateLogs({ action: "presence/drop", reason, count })
  )
