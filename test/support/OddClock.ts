/**
 * A clock over the test's own that goes wrong as clocks do: the wall jumps, the machine sleeps, timers
 * of a hidden page are held up.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * - `jump` moves the wall clock (milliseconds, either way).
 * - `skip` moves the clock that only goes forward, as a sleep does on some systems.
 * - `throttle` lets timers ring only at multiples of so many milliseconds; 0 ends it.
 */
export interface OddClock {
  readonly clock: Clock.Clock
  readonly jump: (millis: number) => void
  readonly skip: (millis: number) => void
  readonly throttle: (millis: number) => void
}

export const make: Effect.Effect<OddClock> = Effect.map(Clock.Clock, (base) => {
  let wall = 0
  let forward = 0
  let grid = 0
  const millis = () => base.currentTimeMillisUnsafe() + wall
  const nanos = () => base.currentTimeNanosUnsafe() + BigInt(wall) * 1_000_000n
  const monotonic = () => base.monotonicTimeNanosUnsafe() + BigInt(forward) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: monotonic,
    monotonicTimeNanos: Effect.sync(monotonic),
    sleep: (duration) =>
      Effect.suspend(() => {
        if (grid === 0) return base.sleep(duration)
        const now = base.currentTimeMillisUnsafe()
        const end = now + Duration.toMillis(duration)
        return base.sleep(Duration.millis(Math.ceil(end / grid) * grid - now))
      })
  }
  return {
    clock,
    jump: (by) => void (wall += by),
    skip: (by) => void (forward += by),
    throttle: (to) => void (grid = to)
  }
})
