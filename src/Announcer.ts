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
import { countDrop } from "./Drops.ts"
import { fromReported, Location, type ReportedLocation } from "./Location.ts"
import { PageEvents } from "./PageEvents.ts"
import type { PresenceConfigShape } from "./PresenceConfig.ts"
import type { SessionId } from "./Session.ts"
import { isoNow, monotonicMillis, timeUntil } from "./Time.ts"
import type { Transport } from "./Transport.ts"

/**
 * - `reported`: where this session says it is; undefined until the first report.
 * - `rollCall` answers another session's; the delay grows with the number of known sessions.
 */
export interface Announcer {
  readonly reported: SubscriptionRef.SubscriptionRef<ReadonlyArray<Location> | undefined>
  readonly report: (locations: ReadonlyArray<ReportedLocation>) => Effect.Effect<void>
  readonly connected: Effect.Effect<void>
  readonly disconnected: Effect.Effect<void>
  readonly rollCall: (knownSessions: number) => Effect.Effect<void>
}

/** What is no location by its schema would be dropped by everyone, or could not be sent at all. */
const decodeLocation = Schema.decodeUnknownOption(Location)

/** The announcer of one session. Says `disconnect` when the scope closes. */
export const make = Effect.fnUntraced(function* (
  transport: Transport["Service"],
  config: PresenceConfigShape,
  sessionId: SessionId
): Effect.fn.Return<Announcer, never, Scope.Scope> {
  const page = yield* PageEvents
  const reported = yield* SubscriptionRef.make<ReadonlyArray<Location> | undefined>(undefined)
  const wake = yield* Latch.make(false)
  const intervals: AnnounceSchedule.Intervals = {
    announceInterval: Duration.toMillis(config.announceInterval),
    announceWindow: Duration.toMillis(config.announceWindow)
  }
  let schedule = AnnounceSchedule.initial

  const update = (next: AnnounceSchedule.AnnounceSchedule) => {
    schedule = next
    wake.openUnsafe()
  }

  const announce = (locations: ReadonlyArray<Location>) =>
    transport.send({ _tag: "Announce", sessionId, locations }).pipe(
      // The next announce repairs it: the idle one, or that of the next connection.
      Effect.catch((error) => Effect.logDebug(error.message)),
      Effect.annotateLogs({ action: "presence/announce" })
    )

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

  // Registered before the loop is forked, so that it runs after the loop has ended: nothing may be
  // announced after the goodbye.
  yield* Effect.addFinalizer(() =>
    AnnounceSchedule.isVisible(schedule)
      ? transport
          .send({ _tag: "Disconnect", sessionId })
          .pipe(Effect.timeoutOption(config.goodbyeTimeout), Effect.ignore)
      : Effect.void
  )
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      page.subscribe((event) => {
        if (event !== "hide" || !AnnounceSchedule.isVisible(schedule)) return
        transport.sendNow({ _tag: "Disconnect", sessionId })
        update(AnnounceSchedule.disconnected(schedule))
      })
    ),
    (unsubscribe) => Effect.sync(unsubscribe)
  )
  yield* Effect.forkScoped(loop)

  return {
    reported,

    report: Effect.fnUntraced(function* (locations) {
      const lastActiveAt = yield* isoNow
      const now = yield* monotonicMillis
      const current: Array<Location> = []
      for (const reported of locations) {
        const location = decodeLocation(fromReported({ ...reported }, lastActiveAt))
        if (Option.isSome(location)) current.push(location.value)
        else yield* countDrop("report")
      }
      update(AnnounceSchedule.report(schedule, current, now, intervals))
      yield* SubscriptionRef.set(reported, current)
    }),

    connected: Effect.map(monotonicMillis, (now) =>
      update(AnnounceSchedule.connected(schedule, now))
    ),

    disconnected: Effect.sync(() => update(AnnounceSchedule.disconnected(schedule))),

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
