/**
 * How late timers fire: what everything that waits for the event loop suffers.
 */
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** In seconds, since it was last read. */
export interface EventLoopLag {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** How often it is looked at, in milliseconds. */
const resolution = 20

/** What was recorded is the whole time between two looks, in nanoseconds. */
const toSeconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - resolution / 1e3)

/**
 * Gives a reader. Nothing is measured, and nothing wakes the process, before it is read for the
 * first time: that gives zeros.
 */
export const makeEventLoopLag: Effect.Effect<() => EventLoopLag, never, Scope.Scope> =
  Effect.acquireRelease(
    Effect.sync(() => monitorEventLoopDelay({ resolution })),
    (histogram) => Effect.sync(() => histogram.disable())
  ).pipe(
    Effect.map((histogram) => () => {
      const isMeasured = !histogram.enable()
      const lag =
        isMeasured && histogram.count > 0
          ? {
              p50: toSeconds(histogram.percentile(50)),
              p99: toSeconds(histogram.percentile(99)),
              max: toSeconds(histogram.max)
            }
          : { p50: 0, p99: 0, max: 0 }
      histogram.reset()
      return lag
    })
  )
