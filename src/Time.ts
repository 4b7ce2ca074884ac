/**
 * The two clocks: one that only ever goes forward, for intervals, and the wall clock, for people.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

const toMillis = (nanos: bigint): number => Number(nanos) / 1e6

/** Milliseconds of the monotonic clock. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, toMillis)

/** The same of a clock at hand, for code that runs outside of fibers. */
export const millisOf = (clock: Clock.Clock): number => toMillis(clock.monotonicTimeNanosUnsafe())

/** The wall clock as ISO 8601. */
export const isoNow: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, (millis) =>
  new Date(millis).toISOString()
)

/**
 * The time from `now` to `at` (milliseconds of one clock), in whole milliseconds: timers have no
 * finer ones, and a sleep that ends too early would be slept again and again.
 */
export const timeUntil = (at: number, now: number): Duration.Duration =>
  Duration.millis(Math.max(0, Math.ceil(at - now)))
