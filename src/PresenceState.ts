/**
 * Who is in the room and where: a pure function of what was received and when. No services, no
 * clock; what changes nothing returns the same reference.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { isSameLocations, type Location } from "./Location.ts"
import { type SessionId, type SessionKey, sessionKey, type UserId } from "./Session.ts"

/**
 * Someone else's session and everywhere it is.
 *
 * - `stale`: known from before the connection was lost, and not heard from since it was.
 * - `order`: counts up with every session that joins, so that a list of people can keep its order.
 */
export interface PresenceSession {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly locations: ReadonlyArray<Location>
  readonly stale: boolean
  readonly order: number
}

/** Everyone else in the room, by session. Unchanged by a heartbeat. */
export interface PresenceState {
  readonly sessions: HashMap.HashMap<SessionKey, PresenceSession>
}

/**
 * The state, and when each session was last heard (milliseconds of a monotonic clock). Apart from
 * the state, because a heartbeat changes this and nothing that anyone sees.
 */
export interface Roster {
  readonly state: PresenceState
  readonly lastHeard: HashMap.HashMap<SessionKey, number>
  readonly joined: number
}

/** What a session said: where it is, or that it is gone. */
export type SessionEvent =
  | {
      readonly _tag: "State"
      readonly userId: UserId
      readonly sessionId: SessionId
      readonly locations: ReadonlyArray<Location>
    }
  | { readonly _tag: "Disconnect"; readonly userId: UserId; readonly sessionId: SessionId }

/**
 * Why a session left: it said so, it was not heard for too long, or it did not answer the roll call
 * after a reconnect of ours.
 */
export type LeftReason = "disconnected" | "expired" | "lost"

/** One thing that happened to one session. A heartbeat is not among them. */
export type PresenceChange =
  | { readonly _tag: "Joined"; readonly session: PresenceSession }
  | {
      readonly _tag: "Moved"
      readonly session: PresenceSession
      readonly previous: ReadonlyArray<Location>
    }
  | { readonly _tag: "Left"; readonly session: PresenceSession; readonly reason: LeftReason }

/** What comes of an event: the next roster, and what happened, in order. */
export interface Transition {
  readonly roster: Roster
  readonly changes: ReadonlyArray<PresenceChange>
}

/** Nobody. */
export const emptyState: PresenceState = { sessions: HashMap.empty() }

/** Nobody, and nobody heard. */
export const empty: Roster = { state: emptyState, lastHeard: HashMap.empty(), joined: 0 }

const noChanges: ReadonlyArray<PresenceChange> = []

/**
 * Applies what arrived together, in order.
 *
 * @param now milliseconds of a monotonic clock
 *
 * @example
 * const { roster } = apply(empty, [{ _tag: "State", userId, sessionId, locations: [] }], 0)
 */
export const apply = (
  roster: Roster,
  events: ReadonlyArray<SessionEvent>,
  now: number
): Transition => {
  if (events.length === 0) return { roster, changes: noChanges }
  const changes: Array<PresenceChange> = []
  let { sessions } = roster.state
  let { joined, lastHeard } = roster
  for (const event of events) {
    const key = sessionKey(event.userId, event.sessionId)
    const known = Option.getOrUndefined(HashMap.get(sessions, key))
    if (event._tag === "Disconnect") {
      if (known === undefined) continue
      sessions = HashMap.remove(sessions, key)
      lastHeard = HashMap.remove(lastHeard, key)
      changes.push({ _tag: "Left", session: known, reason: "disconnected" })
      continue
    }
    lastHeard = HashMap.set(lastHeard, key, now)
    const session = heard(known, event, joined)
    if (session === known) continue
    sessions = HashMap.set(sessions, key, session)
    if (known === undefined) {
      joined += 1
      changes.push({ _tag: "Joined", session })
    } else if (session.locations !== known.locations) {
      changes.push({ _tag: "Moved", session, previous: known.locations })
    }
  }
  return { roster: update(roster, sessions, lastHeard, joined), changes }
}

const heard = (
  known: PresenceSession | undefined,
  event: Extract<SessionEvent, { _tag: "State" }>,
  order: number
): PresenceSession => {
  const { locations, sessionId, userId } = event
  if (known === undefined) return { userId, sessionId, locations, stale: false, order }
  const moved = !isSameLocations(known.locations, locations)
  if (!moved && !known.stale) return known
  return { ...known, locations: moved ? locations : known.locations, stale: false }
}

const update = (
  roster: Roster,
  sessions: PresenceState["sessions"],
  lastHeard: Roster["lastHeard"],
  joined: number
): Roster => {
  const state = sessions === roster.state.sessions ? roster.state : { sessions }
  return state === roster.state && lastHeard === roster.lastHeard
    ? roster
    : { state, lastHeard, joined }
}

const leave = (
  roster: Roster,
  isGone: (session: PresenceSession, key: SessionKey) => boolean,
  reason: LeftReason
): Transition => {
  const gone = [...roster.state.sessions].filter(([key, session]) => isGone(session, key))
  if (gone.length === 0) return { roster, changes: noChanges }
  const keys = gone.map(([key]) => key)
  return {
    roster: update(
      roster,
      HashMap.removeMany(roster.state.sessions, keys),
      HashMap.removeMany(roster.lastHeard, keys),
      roster.joined
    ),
    changes: gone.map(([, session]) => ({ _tag: "Left", session, reason }))
  }
}

/**
 * Drops the sessions that have not been heard for as long as `ttl`.
 *
 * @param now milliseconds of the same monotonic clock as in {@link apply}
 * @param ttl milliseconds
 */
export const expire = (roster: Roster, now: number, ttl: number): Transition =>
  leave(roster, (_, key) => now - lastHeardOf(roster, key) >= ttl, "expired")

/** When the next session expires if nobody says anything, or undefined where there is nobody. */
export const nextExpiry = (roster: Roster, ttl: number): number | undefined => {
  let first: number | undefined
  for (const at of HashMap.values(roster.lastHeard)) {
    if (first === undefined || at < first) first = at
  }
  return first === undefined ? undefined : first + ttl
}

/** Marks everyone as not heard from since the connection was lost. */
export const markStale = (roster: Roster): Roster => {
  let { sessions } = roster.state
  for (const [key, session] of roster.state.sessions) {
    if (!session.stale) sessions = HashMap.set(sessions, key, { ...session, stale: true })
  }
  return update(roster, sessions, roster.lastHeard, roster.joined)
}

/** Drops the sessions that are still stale: they did not answer the roll call. */
export const dropStale = (roster: Roster): Transition =>
  leave(roster, (session) => session.stale, "lost")

/**
 * Counts everyone as heard at `now`: after a time in which nobody could be heard, their silence
 * says nothing.
 */
export const forgive = (roster: Roster, now: number): Roster =>
  HashMap.isEmpty(roster.lastHeard)
    ? roster
    : { ...roster, lastHeard: HashMap.map(roster.lastHeard, () => now) }

const lastHeardOf = (roster: Roster, key: SessionKey): number =>
  Option.getOrElse(HashMap.get(roster.lastHeard, key), () => 0)

const lists = new WeakMap<PresenceState, ReadonlyArray<PresenceSession>>()

/**
 * Everyone else, in the order in which they joined. The same state gives the identical array.
 *
 * @example
 * const people = toArray(yield* SubscriptionRef.get(presence.state))
 */
export const toArray = (state: PresenceState): ReadonlyArray<PresenceSession> => {
  const cached = lists.get(state)
  if (cached !== undefined) return cached
  const list = [...HashMap.values(state.sessions)].toSorted((a, b) => a.order - b.order)
  lists.set(state, list)
  return list
}
