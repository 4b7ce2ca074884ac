/**
 * Tells the room where this session is: on change, on a roll call, on every connection, and at
 * intervals while idle.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as AnnounceSchedule from "./AnnounceSchedule.ts"
import { resolve } from "./DocumentRef.ts"
import { countDrop } from "./Drops.ts"
import {
  beyond,
  fromReported,
  isSameLocation,
  isSameLocations,
  Location,
  type ReportedLocation
} from "./Location.ts"
import { PageEvents } from "./PageEvents.ts"
import type { Limits, PresenceConfigShape } from "./PresenceConfig.ts"
import type { SessionId } from "./Session.ts"
import { isoNow, monotonicMillis, timeUntil } from "./Time.ts"
import type { Transport } from "./Transport.ts"

/** Says where one reporter is, all of it. */
export type Report = (locations: ReadonlyArray<ReportedLocation>) => Effect.Effect<void>

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
  readonly report: Report
  readonly reporter: Effect.Effect<Report, never, Scope.Scope>
  readonly connected: Effect.Effect<void>
  readonly disconnected: Effect.Effect<void>
  readonly heard: Effect.Effect<void>
  readonly rollCall: (knownSessions: number) => Effect.Effect<void>
  readonly denied: Effect.Effect<void>
}

/** What is no location by its schema would be dropped by everyone, or could not be sent at all. */
const decodeLocation = Schema.decodeUnknownOption(Location)

/** A reporter's own place among the reports. */
type Slot = object

/** All locations of all reporters, each place once. */
const union = (slots: Iterable<ReadonlyArray<Location>>): ReadonlyArray<Location> => {
  const all: Array<Location> = []
  for (const location of Array.from(slots).flat()) {
    if (!all.some((known) => isSameLocation(known, location))) all.push(location)
  }
  return all
}

/** The first of them that others will take in, and that go into one frame. */
const within = (locations: ReadonlyArray<Location>, limits: Limits): ReadonlyArray<Location> => {
  let length = 0
  return locations.slice(0, limits.locations).filter((location) => {
    length += JSON.stringify(location).length
    return length <= limits.announceLength
  })
}

/** The announcer of one session. Says `disconnect` when the scope closes. */
export const make = Effect.fnUntraced(function* (
  transport: Transport["Service"],
  config: PresenceConfigShape,
  sessionId: SessionId
): Effect.fn.Return<Announcer, never, Scope.Scope> {
  const page = yield* PageEvents
  const scope = yield* Effect.scope
  const runFork = Effect.runForkWith(yield* Effect.context())
  const slots = new Map<Slot, ReadonlyArray<Location>>()
  const closed = new WeakSet<Slot>()
  const reported = yield* SubscriptionRef.make<ReadonlyArray<Location> | undefined>(undefined)
  const wake = yield* Latch.make(false)
  const intervals: AnnounceSchedule.Intervals = {
    announceInterval: Duration.toMillis(config.announceInterval),
    announceWindow: Duration.toMillis(config.announceWindow)
  }
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
    const wasIdle = now - activity.at >= Duration.toMillis(config.idleAfter)
    activity = { at: now, lastActiveAt: yield* isoNow }
    return wasIdle
  })

  const loop = Effect.gen(function* () {
    while (true) {
      wake.closeUnsafe()
      const now = yield* monotonicMillis
      const due = AnnounceSchedule.dueAt(schedule, intervals)
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
    const due = AnnounceSchedule.dueAt(schedule, intervals)
    if (due !== undefined && due <= now) wake.openUnsafe()
  })

  const used = Effect.gen(function* () {
    const wasIdle = yield* active
    if (wasIdle) update(AnnounceSchedule.resumed(schedule, yield* monotonicMillis, intervals))
  })

  const commit = Effect.fnUntraced(function* (wasIdle: boolean) {
    const all = union(slots.values())
    const current = within(all, config.limits)
    if (current.length < all.length) yield* countDrop("report", all.length - current.length)
    const now = yield* monotonicMillis
    const next = AnnounceSchedule.report(schedule, current, now, intervals)
    // One update: where they moved to is what there is to tell.
    update(wasIdle ? AnnounceSchedule.resumed(next, now, intervals) : next)
    // Readers are told of places, not of reports: a component that reports when it renders would loop.
    const before = SubscriptionRef.getUnsafe(reported)
    if (before === undefined || !isSameLocations(before, current)) {
      yield* SubscriptionRef.set(reported, current)
    }
  })

  const reportIn = (slot: Slot): Report =>
    Effect.fnUntraced(function* (locations) {
      const wasIdle = yield* active
      const { lastActiveAt } = activity
      const decoded: Array<Location> = []
      for (const input of locations) {
        const location = Option.getOrUndefined(
          decodeLocation(fromReported({ ...input }, lastActiveAt))
        )
        if (
          location !== undefined &&
          resolve(input) !== undefined &&
          beyond(location, config.limits) === undefined
        ) {
          decoded.push(location)
        } else yield* countDrop("report")
      }
      const taken = decoded.slice(0, config.limits.locations)
      if (taken.length < decoded.length) {
        yield* countDrop("report", decoded.length - taken.length)
      }
      if (closed.has(slot)) return
      slots.set(slot, taken)
      yield* commit(wasIdle)
    })

  const reporter = Effect.map(
    Effect.acquireRelease(
      Effect.sync((): Slot => ({})),
      (slot) =>
        Effect.suspend(() => {
          closed.add(slot)
          return slots.delete(slot) ? commit(false) : Effect.void
        })
    ),
    reportIn
  )

  // Registered before the loop is forked, so that it runs after the loop has ended: nothing may be
  // announced after the goodbye.
  yield* Effect.addFinalizer(() =>
    AnnounceSchedule.isVisible(schedule)
      ? transport
          .send({ _tag: "Disconnect", sessionId })
          .pipe(Effect.timeoutOption(config.goodbyeTimeout), Effect.option)
      : Effect.void
  )
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      page.subscribe((event) => {
        if (event === "visible") runFork(heard)
        if (event === "activity") runFork(used)
      })
    ),
    (unsubscribe) => Effect.sync(unsubscribe)
  )
  yield* Effect.forkScoped(loop)

  return {
    reported,

    report: reportIn({}),

    reporter,

    heard,

    connected: Effect.map(monotonicMillis, (now) =>
      update(AnnounceSchedule.connected(schedule, now))
    ),

    disconnected: Effect.sync(() => update(AnnounceSchedule.disconnected(schedule))),

    denied: Effect.map(monotonicMillis, (now) => update(AnnounceSchedule.denied(schedule, now))),

    rollCall: Effect.fnUntraced(function* (knownSessions) {
      const longest = Math.min(
        Duration.toMillis(config.rollCallJitterMax),
        knownSessions * Duration.toMillis(config.rollCallJitterPerSession)
      )
      const jitter = longest * (yield* Random.next)
      const now = yield* monotonicMillis
      update(AnnounceSchedule.rollCall(schedule, now, jitter, intervals))
    })
  }
})
