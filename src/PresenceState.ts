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
 * - `stale`: known from before the connection was lost, or the machine slept, and not heard since.
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
 *
 * `byUser` lists the sessions of each user, the newest last; no user has more than `most`.
 */
export interface Roster {
  readonly state: PresenceState
  readonly lastHeard: HashMap.HashMap<SessionKey, number>
  readonly byUser: HashMap.HashMap<UserId, ReadonlyArray<SessionKey>>
  readonly most: number
  readonly joined: number
}

/** How many sessions are kept, of one user and in all. */
export interface SessionLimits {
  readonly sessionsPerUser: number
  readonly sessions: number
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
 * Why a session left: it said so, it was not heard for too long, it did not answer the roll call
 * after a reconnect of ours, or the room is full and its user has more sessions than a newcomer's.
 */
export type LeftReason = "disconnected" | "expired" | "lost" | "displaced"

/** One thing that happened to one session. A heartbeat is not among them. */
export type PresenceChange =
  | { readonly _tag: "Joined"; readonly session: PresenceSession }
  | {
      readonly _tag: "Moved"
      readonly session: PresenceSession
      readonly previous: ReadonlyArray<Location>
    }
  | { readonly _tag: "Left"; readonly session: PresenceSession; readonly reason: LeftReason }

/**
 * What comes of an event: the next roster, what happened, in order, and which limit each newcomer was
 * beyond that was not let in.
 */
export interface Transition {
  readonly roster: Roster
  readonly changes: ReadonlyArray<PresenceChange>
  readonly dropped: ReadonlyArray<keyof SessionLimits>
}

/** Nobody. */
export const emptyState: PresenceState = { sessions: HashMap.empty() }

/** Nobody, and nobody heard. */
export const empty: Roster = {
  state: emptyState,
  lastHeard: HashMap.empty(),
  byUser: HashMap.empty(),
  most: 0,
  joined: 0
}

/** What comes of nothing. */
export const unchanged = (roster: Roster): Transition => ({ roster, changes: [], dropped: [] })

/**
 * Applies what arrived together, in order. Past a limit, newcomers are left out; but as long as some
 * user has two sessions more than the newcomer's user, the newest of those makes room: nobody can
 * keep everyone else out.
 *
 * @param now milliseconds of a monotonic clock
 *
 * @example
 * const { roster } = apply(empty, [{ _tag: "State", userId, sessionId, locations: [] }], 0, limits)
 */
export const apply = (
  roster: Roster,
  events: ReadonlyArray<SessionEvent>,
  now: number,
  limits: SessionLimits
): Transition => {
  if (events.length === 0) return unchanged(roster)
  const changes: Array<PresenceChange> = []
  const dropped: Array<keyof SessionLimits> = []
  let next = roster
  for (const event of events) {
    const key = sessionKey(event.userId, event.sessionId)
    const known = Option.getOrUndefined(HashMap.get(next.state.sessions, key))
    if (event._tag === "Disconnect") {
      if (known === undefined) continue
      next = remove(next, key, known.userId)
      changes.push({ _tag: "Left", session: known, reason: "disconnected" })
      continue
    }
    if (known === undefined) {
      const place = makePlace(next, event.userId, limits)
      next = place.roster
      if (place.displaced !== undefined) {
        changes.push({ _tag: "Left", session: place.displaced, reason: "displaced" })
      }
      if (place.beyond !== undefined) {
        dropped.push(place.beyond)
        continue
      }
    }
    const session = heard(known, event, next.joined)
    const lastHeard = HashMap.set(next.lastHeard, key, now)
    if (session === known) {
      next = { ...next, lastHeard }
      continue
    }
    const sessions = HashMap.set(next.state.sessions, key, session)
    next = { ...next, state: { sessions }, lastHeard }
    if (known === undefined) {
      next = { ...list(next, key, event.userId), joined: next.joined + 1 }
      changes.push({ _tag: "Joined", session })
    } else if (session.locations !== known.locations) {
      changes.push({ _tag: "Moved", session, previous: known.locations })
    }
  }
  return { roster: next, changes, dropped }
}

const sessionsOf = ({ byUser }: Roster, userId: UserId): ReadonlyArray<SessionKey> =>
  Option.getOrElse(HashMap.get(byUser, userId), () => [])

const list = (roster: Roster, key: SessionKey, userId: UserId): Roster => {
  const keys = [...sessionsOf(roster, userId), key]
  return {
    ...roster,
    byUser: HashMap.set(roster.byUser, userId, keys),
    most: Math.max(roster.most, keys.length)
  }
}

const remove = (roster: Roster, key: SessionKey, userId: UserId): Roster => {
  const keys = sessionsOf(roster, userId).filter((other) => other !== key)
  return {
    ...roster,
    state: { sessions: HashMap.remove(roster.state.sessions, key) },
    lastHeard: HashMap.remove(roster.lastHeard, key),
    byUser:
      keys.length === 0
        ? HashMap.remove(roster.byUser, userId)
        : HashMap.set(roster.byUser, userId, keys)
  }
}

interface Place {
  readonly roster: Roster
  readonly displaced?: PresenceSession | undefined
  readonly beyond?: keyof SessionLimits | undefined
}

const makePlace = (roster: Roster, userId: UserId, limits: SessionLimits): Place => {
  const own = sessionsOf(roster, userId).length
  if (own >= limits.sessionsPerUser) return { roster, beyond: "sessionsPerUser" }
  if (HashMap.size(roster.state.sessions) < limits.sessions) return { roster }
  if (roster.most < own + 2) return { roster, beyond: "sessions" }
  let longest: ReadonlyArray<SessionKey> = []
  for (const keys of HashMap.values(roster.byUser)) {
    if (keys.length > longest.length) longest = keys
  }
  // `most` only grows as sessions join: now it is known exactly, and need not be looked for again.
  const exact = { ...roster, most: longest.length }
  const newest = longest.at(-1)
  if (newest === undefined || longest.length < own + 2) return { roster: exact, beyond: "sessions" }
  const displaced = Option.getOrUndefined(HashMap.get(roster.state.sessions, newest))
  if (displaced === undefined) return { roster: exact, beyond: "sessions" }
  return { roster: remove(exact, newest, displaced.userId), displaced }
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

const leave = (
  roster: Roster,
  isGone: (session: PresenceSession, key: SessionKey) => boolean,
  reason: LeftReason
): Transition => {
  const gone = [...roster.state.sessions].filter(([key, session]) => isGone(session, key))
  if (gone.length === 0) return unchanged(roster)
  return {
    roster: gone.reduce((rest, [key, { userId }]) => remove(rest, key, userId), roster),
    changes: gone.map(([, session]) => ({ _tag: "Left", session, reason })),
    dropped: []
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

/**
 * Marks as stale whoever was last heard at `heardUntil` or before; everyone, unless given: the
 * connection was lost, or they are not known to live. From `now` they have the time of a session that
 * falls silent; those that were stale already have what is left of it.
 */
export const markStale = (
  roster: Roster,
  now: number,
  heardUntil = Number.POSITIVE_INFINITY
): Roster => {
  let { lastHeard } = roster
  let { sessions } = roster.state
  for (const [key, session] of roster.state.sessions) {
    if (session.stale || lastHeardOf(roster, key) > heardUntil) continue
    sessions = HashMap.set(sessions, key, { ...session, stale: true })
    lastHeard = HashMap.set(lastHeard, key, now)
  }
  return sessions === roster.state.sessions ? roster : { ...roster, state: { sessions }, lastHeard }
}

/** Drops the sessions that are still stale: they did not answer the roll call. */
export const dropStale = (roster: Roster): Transition =>
  leave(roster, (session) => session.stale, "lost")

/** Leaves a time out of account in which nobody could be heard (milliseconds). */
export const forgive = (roster: Roster, time: number): Roster =>
  time === 0 || HashMap.isEmpty(roster.lastHeard)
    ? roster
    : { ...roster, lastHeard: HashMap.map(roster.lastHeard, (at) => at + time) }

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
