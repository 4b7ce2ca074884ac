/**
 * Asks everyone in the room who they are, waits for the answers, and says when those who gave none
 * are gone.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Millis } from "./inMillis.ts"
import type { SessionId } from "./Session.ts"
import { monotonicMillis, timeUntil } from "./Time.ts"
import type { Transport } from "./Transport.ts"

/**
 * - `call` calls the roll, waits, and lets go of whoever does not answer. Others may need as long again to
 *   be back as the outage is told to be, but no longer than to expire; and as long as that where the roll
 *   call was not taken: then only their own announces tell of them. After a sleep, they are asked once
 *   more.
 * - `joined`: a newcomer, at this time.
 * - `settled` waits for the answers to the first roll call.
 */
export interface RollCall {
  readonly call: (outage: number) => Effect.Effect<void>
  readonly joined: (now: number) => void
  readonly settled: Effect.Effect<void>
}

/**
 * A timer that rings so late was held up: the machine slept, or the page is hidden. Whoever is due
 * then may have been heard of, if anybody had listened. 5 s: no busy page is later.
 */
const lateness = 5_000

/** Whether a timer that was to ring at `end` was held up. */
export const isLate = (end: number, now: number): boolean => now > end + lateness

/** Roll calls by the session `sessionId`; `dropStale` lets go of whoever has not answered. */
export const make = Effect.fnUntraced(function* (
  transport: Transport["Service"],
  times: Millis,
  sessionId: SessionId,
  dropStale: (now: number) => Effect.Effect<void>
): Effect.fn.Return<RollCall> {
  const settled = yield* Deferred.make<void>()
  const { readyMax, readyQuiet, sessionTtl: ttl, staleTimeout } = times
  let lastJoinedAt = 0

  /** From the answer to the roll call, or in any case from `readyMax` after it went out. */
  const settle = Effect.fnUntraced(function* (answered: Effect.Effect<unknown>) {
    const quiet = Effect.gen(function* () {
      yield* answered
      lastJoinedAt = yield* monotonicMillis
      while (true) {
        const now = yield* monotonicMillis
        const end = lastJoinedAt + readyQuiet
        if (now >= end) return
        yield* Effect.sleep(timeUntil(end, now))
      }
    })
    yield* Effect.timeoutOption(quiet, readyMax)
    yield* Deferred.succeed(settled, undefined)
  })

  const call: RollCall["call"] = Effect.fnUntraced(function* (outage) {
    const answer = yield* Deferred.make<boolean>()
    const ask = Effect.isSuccess(transport.send({ _tag: "RollCall", sessionId })).pipe(
      Effect.flatMap((isTaken) => Deferred.succeed(answer, isTaken))
    )
    const letGo = Effect.gen(function* () {
      const isTaken = yield* Deferred.await(answer)
      const wait = Math.min(ttl, isTaken ? staleTimeout + outage : ttl)
      const start = yield* monotonicMillis
      yield* Effect.sleep(wait)
      const now = yield* monotonicMillis
      yield* isLate(start + wait, now) ? call(0) : dropStale(now)
    })
    yield* Effect.all([ask, settle(Deferred.await(answer)), letGo], {
      concurrency: "unbounded",
      discard: true
    })
  })

  return {
    call,
    joined: (now) => {
      lastJoinedAt = now
    },
    settled: Deferred.await(settled)
  }
})
