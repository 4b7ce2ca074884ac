/**
 * Keeps the roster of one room: applies what is received, calls the roll on every connection, and
 * lets go of sessions that fell silent.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Aging from "./Aging.ts"
import * as ChangeLog from "./ChangeLog.ts"
import * as DocumentWatchers from "./DocumentWatchers.ts"
import { countDrop } from "./Drops.ts"
import { inMillis } from "./inMillis.ts"
import type { Limits, PresenceConfigShape } from "./PresenceConfig.ts"
import * as PresenceState from "./PresenceState.ts"
import * as RollCall from "./RollCall.ts"
import * as Roster from "./Roster.ts"
import type { SessionId } from "./Session.ts"
import { monotonicMillis, timeUntil } from "./Time.ts"
import type { Transport, TransportSignal } from "./Transport.ts"

/**
 * - `receive` applies signals that arrived together as one change of the state, and answers how many
 *   sessions are known then.
 * - `settled` waits for the answers to the first roll call.
 * - `watch` calls a listener whenever something changed in one document.
 */
export interface Tracker {
  readonly state: SubscriptionRef.SubscriptionRef<PresenceState.PresenceState>
  readonly changes: Stream.Stream<PresenceState.PresenceChange | PresenceState.Reset>
  readonly receive: (signals: ReadonlyArray<TransportSignal>) => Effect.Effect<number>
  readonly settled: Effect.Effect<void>
  readonly watch: DocumentWatchers.DocumentWatchers["watch"]
}

/** Expiring costs what the room costs, so those who fell silent within 250 ms go together. */
const expiryInterval = 250

/** The tracker of a room for the session `sessionId`, whose own echoes it leaves out. */
export const make = Effect.fnUntraced(function* (
  transport: Transport["Service"],
  config: PresenceConfigShape,
  sessionId: SessionId
): Effect.fn.Return<Tracker, never, Scope.Scope> {
  const state = yield* SubscriptionRef.make(PresenceState.emptyState)
  const log = ChangeLog.make(config.limits)
  const scope = yield* Effect.scope
  let connection: Fiber.Fiber<unknown> | undefined
  const watchers = DocumentWatchers.make()
  const times = inMillis(config)
  const ttl = times.sessionTtl
  const { limits } = config
  let roster = Roster.empty
  let lostAt: number | undefined

  /** Goes over to what came of something, and tells of it. */
  const commit = ({ changes, dropped, roster: next, touched }: Roster.Transition, now: number) =>
    Effect.suspend(() => {
      const isOther = next.state !== roster.state
      roster = next
      if (changes.some(({ _tag }) => _tag === "Joined")) rollCall.joined(now)
      const tell = Effect.suspend(() => {
        if (isOther) log.step(next.state, changes)
        watchers.notify(touched)
        return countRefused(dropped)
      })
      return isOther ? Effect.andThen(SubscriptionRef.set(state, next.state), tell) : tell
    }).pipe(Effect.uninterruptible)

  const rollCall = yield* RollCall.make(transport, times, sessionId, (now) =>
    commit(Aging.dropStale(roster), now)
  )

  /** Nobody is let go of on a late timer before they have been asked for. */
  const confirm = Effect.fnUntraced(function* (now: number) {
    yield* commit(Aging.markStale(roster, now, now - ttl), now)
    yield* Effect.forkChild(rollCall.call(0))
  })

  const expire = Effect.gen(function* () {
    while (true) {
      const start = yield* monotonicMillis
      // Whoever joins, or becomes active, during the wait expires and turns idle after its end, so
      // nothing needs to wake it.
      const due = Math.min(
        start + times.idleAfter,
        Aging.nextExpiry(roster, ttl) ?? start + ttl,
        Aging.nextRest(roster, times) ?? start + ttl
      )
      const end = Math.max(due, start + expiryInterval)
      yield* Effect.sleep(timeUntil(end, start))
      const now = yield* monotonicMillis
      const isDue = (Aging.nextExpiry(roster, ttl) ?? now + 1) <= now
      if (isDue && RollCall.isLate(end, now)) yield* confirm(now)
      else {
        yield* commit(Aging.expire(roster, now, ttl), now)
        yield* commit(Aging.rest(roster, now, times), now)
      }
    }
  })

  // Ends with the connection: without one, silence proves nothing and nobody expires.
  const whileConnected = (outage: number) =>
    Effect.all([rollCall.call(outage), expire], { concurrency: "unbounded", discard: true })

  const followConnection = Effect.fnUntraced(function* (signal: TransportSignal, now: number) {
    if (signal._tag === "Received" || signal._tag === "Heard") return
    if (connection !== undefined) yield* Fiber.interrupt(connection)
    lostAt = signal._tag === "Disconnected" ? now : undefined
    if (signal._tag === "Disconnected") return
    const trouble = signal._tag === "Connected" ? signal.outage : 0
    connection = yield* Effect.forkIn(whileConnected(trouble), scope, { startImmediately: true })
  })

  const receive = (signals: ReadonlyArray<TransportSignal>) =>
    Effect.flatMap(monotonicMillis, (now) => {
      const outage = lostAt === undefined ? 0 : now - lostAt
      const where = { own: sessionId, now, outage, limits }
      const committed = commit(applySignals(roster, signals, where), now)
      const isPlain = signals.every(({ _tag }) => _tag === "Received" || _tag === "Heard")
      const done = isPlain
        ? committed
        : Effect.andThen(
            committed,
            Effect.forEach(signals, (signal) => followConnection(signal, now), { discard: true })
          )
      return Effect.map(done, () => HashMap.size(roster.members))
    })

  return {
    state,
    changes: log.stream,
    receive,
    settled: rollCall.settled,
    watch: watchers.watch
  }
})

const countRefused = (dropped: Roster.Transition["dropped"]): Effect.Effect<void> => {
  if (dropped.length === 0) return Effect.void
  const ofUsers = dropped.filter((limit) => limit === "sessionsPerUser").length
  return Effect.andThen(
    ofUsers > 0 ? countDrop("sessions-per-user", ofUsers) : Effect.void,
    dropped.length > ofUsers ? countDrop("sessions", dropped.length - ofUsers) : Effect.void
  )
}

/** When it is, whose echoes to leave out, and how long nobody could be heard before. */
interface Circumstances {
  readonly own: SessionId
  readonly now: number
  readonly outage: number
  readonly limits: Limits
}

const applySignals = (
  roster: Roster.Roster,
  signals: ReadonlyArray<TransportSignal>,
  { limits, now, outage, own }: Circumstances
): Roster.Transition => {
  let all = Roster.unchanged(roster)
  let events: Array<PresenceState.SessionEvent> = []
  const flush = () => {
    if (events.length > 0) all = Roster.andThen(all, Roster.apply(all.roster, events, now, limits))
    events = []
  }
  for (const signal of signals) {
    switch (signal._tag) {
      case "Received":
        if (signal.event._tag !== "RollCall" && signal.event.sessionId !== own) {
          events.push(signal.event)
        }
        break
      case "Connected":
        flush()
        // Time without a connection does not count: nobody could be heard.
        all = { ...all, roster: Aging.forgive(all.roster, outage) }
        break
      case "Disconnected":
      case "Resumed":
        flush()
        all = Roster.andThen(all, Aging.markStale(all.roster, now))
    }
  }
  flush()
  return all
}
