/**
 * Keeps the roster of one room: applies what is received, calls the roll on every connection, and
 * lets go of sessions that fell silent.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { countDrop } from "./Drops.ts"
import type { Limits, PresenceConfigShape } from "./PresenceConfig.ts"
import * as PresenceState from "./PresenceState.ts"
import type { SessionId } from "./Session.ts"
import { monotonicMillis, timeUntil } from "./Time.ts"
import type { Transport, TransportSignal } from "./Transport.ts"

/**
 * - `receive` applies signals that arrived together as one change of the state, and answers how many
 *   sessions are known then.
 * - `settled` waits for the answers to the first roll call.
 */
export interface Tracker {
  readonly state: SubscriptionRef.SubscriptionRef<PresenceState.PresenceState>
  readonly changes: Stream.Stream<PresenceState.PresenceChange>
  readonly receive: (signals: ReadonlyArray<TransportSignal>) => Effect.Effect<number>
  readonly settled: Effect.Effect<void>
}

/**
 * A timer that rings so late was held up: the machine slept, or the page is hidden. Whoever is due
 * then may have been heard of, if anybody had listened. 5 s: no busy page is later.
 */
const lateness = 5_000

/** Expiring costs what the room costs, so those who fell silent within 250 ms go together. */
const expiryInterval = 250

/** The tracker of a room for the session `sessionId`, whose own echoes it leaves out. */
export const make = Effect.fnUntraced(function* (
  transport: Transport["Service"],
  config: PresenceConfigShape,
  sessionId: SessionId
): Effect.fn.Return<Tracker, never, Scope.Scope> {
  const state = yield* SubscriptionRef.make(PresenceState.emptyState)
  const changes = yield* PubSub.unbounded<PresenceState.PresenceChange>()
  const settled = yield* Deferred.make<void>()
  const scope = yield* Effect.scope
  let connection: Fiber.Fiber<unknown> | undefined
  const ttl = Duration.toMillis(config.sessionTtl)
  let roster = PresenceState.empty
  let lastJoinedAt = 0

  const commit = Effect.fnUntraced(function* (transition: PresenceState.Transition, now: number) {
    const previous = roster.state
    roster = transition.roster
    if (transition.changes.some(({ _tag }) => _tag === "Joined")) lastJoinedAt = now
    if (roster.state !== previous) yield* SubscriptionRef.set(state, roster.state)
    if (transition.changes.length > 0) yield* PubSub.publishAll(changes, transition.changes)
    yield* countRefused(transition.dropped)
  })

  const settle = Effect.gen(function* () {
    const start = yield* monotonicMillis
    lastJoinedAt = start
    while (true) {
      const now = yield* monotonicMillis
      const end = Math.min(
        lastJoinedAt + Duration.toMillis(config.readyQuiet),
        start + Duration.toMillis(config.readyMax)
      )
      if (now >= end) return yield* Deferred.succeed(settled, undefined)
      yield* Effect.sleep(timeUntil(end, now))
    }
  })

  /**
   * Calls the roll and lets go of whoever does not answer. Others may need as long again to be back as
   * the outage lasted, but no longer than to expire; and as long as that where the roll call was not
   * taken: then only their own announces tell of them.
   */
  const callTheRoll = Effect.fnUntraced(function* (outage: number) {
    const isTaken = yield* Effect.isSuccess(transport.send({ _tag: "RollCall", sessionId }))
    const wait = isTaken ? Duration.toMillis(config.staleTimeout) + outage : ttl
    const dropStale = Effect.gen(function* () {
      yield* Effect.sleep(Math.min(ttl, wait))
      yield* commit(PresenceState.dropStale(roster), yield* monotonicMillis)
    })
    yield* Effect.all([settle, dropStale], { concurrency: "unbounded", discard: true })
  })

  /** Nobody is let go of on a late timer before they have been asked for. */
  const confirm = Effect.fnUntraced(function* (now: number) {
    const doubted = PresenceState.markStale(roster, now - ttl)
    yield* commit(PresenceState.unchanged(PresenceState.forgive(doubted, now)), now)
    yield* callTheRoll(0)
  })

  const expire = Effect.gen(function* () {
    while (true) {
      const start = yield* monotonicMillis
      // Whoever joins during the wait expires after its end, so nothing needs to wake it.
      const due = PresenceState.nextExpiry(roster, ttl) ?? start + ttl
      yield* Effect.sleep(timeUntil(Math.max(due, start + expiryInterval), start))
      const now = yield* monotonicMillis
      const isDue = (PresenceState.nextExpiry(roster, ttl) ?? now + 1) <= now
      if (isDue && now - due > lateness) yield* confirm(now)
      else yield* commit(PresenceState.expire(roster, now, ttl), now)
    }
  })

  // Ends with the connection: without one, silence proves nothing and nobody expires.
  const whileConnected = (outage: number) =>
    Effect.all([callTheRoll(outage), expire], { concurrency: "unbounded", discard: true })

  const receive = Effect.fnUntraced(function* (signals: ReadonlyArray<TransportSignal>) {
    const now = yield* monotonicMillis
    yield* commit(applySignals(roster, signals, sessionId, now, config.limits), now)
    for (const signal of signals) {
      if (signal._tag === "Received" || signal._tag === "Heard") continue
      if (connection !== undefined) yield* Fiber.interrupt(connection)
      if (signal._tag === "Disconnected") continue
      const outage = signal._tag === "Connected" ? signal.outage : 0
      connection = yield* Effect.forkIn(whileConnected(outage), scope, {
        startImmediately: true
      })
    }
    return HashMap.size(roster.state.sessions)
  })

  return {
    state,
    changes: Stream.fromPubSub(changes),
    receive,
    settled: Deferred.await(settled)
  }
})

const countRefused = (dropped: PresenceState.Transition["dropped"]): Effect.Effect<void> => {
  if (dropped.length === 0) return Effect.void
  const ofUsers = dropped.filter((limit) => limit === "sessionsPerUser").length
  return Effect.andThen(
    ofUsers > 0 ? countDrop("sessions-per-user", ofUsers) : Effect.void,
    dropped.length > ofUsers ? countDrop("sessions", dropped.length - ofUsers) : Effect.void
  )
}

const applySignals = (
  roster: PresenceState.Roster,
  signals: ReadonlyArray<TransportSignal>,
  own: SessionId,
  now: number,
  limits: Limits
): PresenceState.Transition => {
  const changes: Array<PresenceState.PresenceChange> = []
  const dropped: Array<keyof PresenceState.SessionLimits> = []
  let next = roster
  let events: Array<PresenceState.SessionEvent> = []
  const flush = () => {
    const transition = PresenceState.apply(next, events, now, limits)
    next = transition.roster
    for (const change of transition.changes) changes.push(change)
    for (const limit of transition.dropped) dropped.push(limit)
    events = []
  }
  for (const signal of signals) {
    if (signal._tag === "Received") {
      const { event } = signal
      if (event._tag !== "RollCall" && event.sessionId !== own) events.push(event)
      continue
    }
    if (signal._tag === "Heard") continue
    flush()
    if (signal._tag !== "Connected") next = PresenceState.markStale(next)
    // After a time in which nobody could be heard, their silence says nothing.
    if (signal._tag !== "Disconnected") next = PresenceState.forgive(next, now)
  }
  flush()
  return { roster: next, changes, dropped }
}
