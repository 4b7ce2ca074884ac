/**
 * Tells the room where this session is: on change, on a roll call, on every connection, and at
 * intervals while idle.
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as AnnounceSchedule from "./AnnounceSchedule.ts"
import { followPage } from "./followPage.ts"
import { inMillis } from "./inMillis.ts"
import { isSameLocations, type Location } from "./Location.ts"
import type { PresenceConfigShape } from "./PresenceConfig.ts"
import * as Reporters from "./Reporters.ts"
import type { SessionId } from "./Session.ts"
import { isoNow, monotonicMillis, timeUntil } from "./Time.ts"
import type { Transport } from "./Transport.ts"

/**
 * - `reported`: where this session says it is; undefined until the first report.
 * - `report`: the session's own; `reporter` is one more, whose locations are added to the others'
 *   until its scope closes.
 * - `heard`: code runs; what is overdue goes out, however late the timers are.
 * - `rollCall` answers another session's; the delay grows with the number of known sessions.
 * - `denied`: somebody said that this session is gone.
 */
export interface Announcer {
  readonly reported: SubscriptionRef.SubscriptionRef<ReadonlyArray<Location> | undefined>
  readonly report: Reporters.Report
  readonly reporter: Effect.Effect<Reporters.Report, never, Scope.Scope>
  readonly connected: Effect.Effect<void>
  readonly disconnected: Effect.Effect<void>
  readonly heard: Effect.Effect<void>
  readonly rollCall: (knownSessions: number) => Effect.Effect<void>
  readonly denied: Effect.Effect<void>
}

/** The announcer of one session. Says `disconnect` when the scope closes. */
export const make = Effect.fnUntraced(function* (
  transport: Transport["Service"],
  config: PresenceConfigShape,
  sessionId: SessionId
): Effect.fn.Return<Announcer, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const runFork = Effect.runForkWith(yield* Effect.context())
  const reported = yield* SubscriptionRef.make<ReadonlyArray<Location> | undefined>(undefined)
  const wake = yield* Latch.make(false)
  const times = inMillis(config)
  let schedule = AnnounceSchedule.initial
  let activity = { at: yield* monotonicMillis, lastActiveAt: yield* isoNow }

  const update = (next: AnnounceSchedule.AnnounceSchedule) => {
    schedule = next
    wake.openUnsafe()
  }

  /** An answer that is late, or never comes, must not hold back what comes next. */
  const announce = (current: ReadonlyArray<Location>) => {
    const { lastActiveAt } = activity
    const locations = current.map((location) => ({ ...location, lastActiveAt }))
    return transport.send({ _tag: "Announce", sessionId, locations }).pipe(
      // The next announce repairs it: the idle one, or that of the next connection.
      Effect.catch((error) => Effect.logDebug(error.message)),
      Effect.annotateLogs({ action: "presence/announce" }),
      Effect.forkIn(scope, { startImmediately: true })
    )
  }

  /** Notes that somebody does something, and answers whether they were idle. */
  const active = Effect.gen(function* () {
    const now = yield* monotonicMillis
    const wasIdle = now - activity.at >= times.idleAfter
    activity = { at: now, lastActiveAt: yield* isoNow }
    return { wasIdle, lastActiveAt: activity.lastActiveAt }
  })

  const loop = Effect.gen(function* () {
    while (true) {
      wake.closeUnsafe()
      const now = yield* monotonicMillis
      const due = AnnounceSchedule.dueAt(schedule, times)
      const { current } = schedule
      if (current !== undefined && due !== undefined && due <= now) {
        schedule = AnnounceSchedule.sent(schedule, now)
        yield* announce(current)
      } else if (due === undefined) {
        yield* wake.await
      } else {
        yield* Effect.timeoutOption(wake.await, timeUntil(due, now))
      }
    }
  })

  const heard = Effect.map(monotonicMillis, (now) => {
    const due = AnnounceSchedule.dueAt(schedule, times)
    if (due !== undefined && due <= now) wake.openUnsafe()
  })

  const used = Effect.gen(function* () {
    const { wasIdle } = yield* active
    if (wasIdle) update(AnnounceSchedule.resumed(schedule, yield* monotonicMillis, times))
  })

  const changed = Effect.fnUntraced(function* (current: ReadonlyArray<Location>, wasIdle: boolean) {
    const now = yield* monotonicMillis
    const next = AnnounceSchedule.report(schedule, current, now, times)
    // One update: where they moved to is what there is to tell.
    update(wasIdle ? AnnounceSchedule.resumed(next, now, times) : next)
    // Readers are told of places, not of reports: a component that reports when it renders would loop.
    const before = SubscriptionRef.getUnsafe(reported)
    if (before === undefined || !isSameLocations(before, current)) {
      yield* SubscriptionRef.set(reported, current)
    }
  })

  // Registered before the loop is forked, so that it runs after the loop has ended: nothing may be
  // announced after the goodbye.
  yield* Effect.addFinalizer(() =>
    AnnounceSchedule.isVisible(schedule)
      ? transport
          .send({ _tag: "Disconnect", sessionId })
          .pipe(Effect.timeoutOption(config.goodbyeTimeout), Effect.option)
      : Effect.void
  )
  yield* followPage((event) => {
    if (event === "visible") runFork(heard)
    if (event === "activity") runFork(used)
  })
  yield* Effect.forkScoped(loop)

  return {
    reported,

    ...Reporters.make(config.limits, active, changed),

    heard,

    connected: Effect.map(monotonicMillis, (now) =>
      update(AnnounceSchedule.connected(schedule, now))
    ),

    disconnected: Effect.sync(() => update(AnnounceSchedule.disconnected(schedule))),

    denied: Effect.map(monotonicMillis, (now) => update(AnnounceSchedule.denied(schedule, now))),

    rollCall: Effect.fnUntraced(function* (knownSessions) {
      const longest = Math.min(
        times.rollCallJitterMax,
        knownSessions * times.rollCallJitterPerSession
      )
      const jitter = longest * (yield* Random.next)
      const now = yield* monotonicMillis
      update(AnnounceSchedule.rollCall(schedule, now, jitter, times))
    })
  }
})
