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

/**
 * Why an event, or a location of it, was left out. The `unknown-` ones are from a newer peer, not wrong;
 * those that end in `-length`, and `locations`, are beyond a limit.
 */
export type EventDropReason =
  | "event"
  | "unknown-event"
  | "id-length"
  | "location"
  | "unknown-location"
  | "locations"
  | "path-length"
  | "string-length"

/**
 * Why something was left out.
 *
 * - `binary`, `frame-length`, `json`, `json-rpc`: a frame that can't be read.
 * - `reply`, `subscription`: nobody asked for it.
 * - those of {@link EventDropReason}
 * - `sessions`, `sessions-per-user`: newcomers beyond a limit.
 * - `report`: one's own location that nobody would take in.
 */
export type DropReason =
  | "binary"
  | "frame-length"
  | "json"
  | "json-rpc"
  | "reply"
  | "subscription"
  | EventDropReason
  | "sessions"
  | "sessions-per-user"
  | "report"

/** Counts and logs (debug) what was left out. */
export const countDrop = (reason: DropReason, count = 1): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(drops, { reason }), count).pipe(
    Effect.andThen(Effect.logDebug("Left something out")),
    Effect.annotateLogs({ action: "presence/drop", reason, count })
  )
