/**
 * One timer for whatever the machine waits for.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { timeUntil } from "../Time.ts"

/**
 * Sets the alarm, on the clock that only goes forward, in milliseconds. One that is set for an earlier
 * time stays: it may ring for nothing, and is set again then.
 */
export type SetAlarm = (at: number | undefined) => void

/** An alarm that is not set. */
export const makeAlarm = (
  run: (effect: Effect.Effect<void>) => Fiber.Fiber<unknown, unknown>,
  now: () => number,
  ring: () => void
): SetAlarm => {
  let timer: Fiber.Fiber<unknown, unknown> | undefined
  let ringsAt = Number.POSITIVE_INFINITY
  return (at = Number.POSITIVE_INFINITY) => {
    if (at >= ringsAt) return
    timer?.interruptUnsafe()
    ringsAt = at
    timer = run(
      Effect.andThen(
        Effect.sleep(timeUntil(at, now())),
        Effect.sync(() => {
          ringsAt = Number.POSITIVE_INFINITY
          ring()
        })
      )
    )
  }
}
