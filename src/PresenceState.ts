/**
 * Who is in the room and where: a pure function of what was received and when. No services, no
 * clock; what changes nothing returns the same reference.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { publishedIdOf } from "./DocumentRef.ts"
import { isSameLocation, isSameLocations, type Location } from "./Location.ts"
import { type SessionId, type SessionKey, sessionKey, type UserId } from "./Session.ts"

/**
 * Whether a participant does something: `idle` and `away` after the times that `PresenceConfig` names.
 * `unknown` for clients that don't tell (Studio's doesn't while its user types), and of those who are in
 * no document.
 */
export type Activity = "active" | "idle" | "away" | "unknown"

/**
 * Someone else's session and everywhere it is.
 *
 * - `stale`: known from before the connection was lost, or the machine slept, and not heard since.
 * - `activity`: measured by this machine's clock, whatever that of the sender says.
 * - `order`: counts up with every session that joins, so that a list of people can keep its order.
 */
export interface PresenceSession {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly locations: ReadonlyArray<Location>
  readonly stale: boolean
  readonly activity: Activity
  readonly order: number
}

/** Those who are in a document, each with its locations there. */
export type DocumentSessions = HashMap.HashMap<SessionKey, PresenceSession>

/**
 * Everyone else in the room, by session, and found again by document and by user. Unchanged by a
 * heartbeat.
 *
 * - `documents`: by published id; a draft, its published document and its versions are one. What
 *   changes in one document leaves the others identical.
 * - `byUser`: the sessions of each user, the newest last.
 */
export interface PresenceState {
  readonly sessions: HashMap.HashMap<SessionKey, PresenceSession>
  readonly documents: HashMap.HashMap<string, DocumentSessions>
  readonly byUser: HashMap.HashMap<UserId, ReadonlyArray<SessionKey>>
}

/**
 * What is known of a session beside what anyone sees.
 *
 * - `at`: when it was last heard; `activeAt`: when it last said something that tells of activity.
 *   Milliseconds of a monotonic clock.
 * - `said`: the newest `lastActiveAt` that it sent.
 * - `tells`: it was seen to advance that without moving, so its silence about it means something.
 */
export interface Heard {
  readonly at: number
  readonly activeAt: number
  readonly said: string
  readonly tells: boolean
}

/**
 * The state, and what was heard of each session. Apart from the state, because a heartbeat changes
 * this and nothing that anyone sees.
 *
 * No user has more sessions than `most`.
 */
export interface Roster {
  readonly state: PresenceState
  readonly heard: HashMap.HashMap<SessionKey, Heard>
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
  | {
      readonly _tag: "ActivityChanged"
      readonly session: PresenceSession
      readonly previous: Activity
    }

/**
 * What comes of an event: the next roster, what happened, in order, the documents (by published id) in
 * which something changed, and which limit each newcomer was beyond that was not let in.
 */
export interface Transition {
  readonly roster: Roster
  readonly changes: ReadonlyArray<PresenceChange>
  readonly touched: ReadonlySet<string>
  readonly dropped: ReadonlyArray<keyof SessionLimits>
}

/** Nobody. */
export const emptyState: PresenceState = {
  sessions: HashMap.empty(),
  documents: HashMap.empty(),
  byUser: HashMap.empty()
}

/** Nobody, and nobody heard. */
export const empty: Roster = { state: emptyState, heard: HashMap.empty(), most: 0, joined: 0 }

/** What comes of nothing. */
export const unchanged = (roster: Roster): Transition => ({
  roster,
  changes: [],
  touched: new Set(),
  dropped: []
})

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
  const touched = new Set<string>()
  let next = roster
  for (const event of events) {
    const key = sessionKey(event.userId, event.sessionId)
    const known = Option.getOrUndefined(HashMap.get(next.state.sessions, key))
    if (event._tag === "Disconnect") {
      if (known === undefined) continue
      next = remove(next, key, known, touched)
      changes.push({ _tag: "Left", session: known, reason: "disconnected" })
      continue
    }
    if (known === undefined) {
      const place = makePlace(next, event.userId, limits, touched)
      next = place.roster
      if (place.displaced !== undefined) {
        changes.push({ _tag: "Left", session: place.displaced, reason: "displaced" })
      }
      if (place.beyond !== undefined) {
        dropped.push(place.beyond)
        continue
      }
    }
    const moved = known === undefined || !isSameLocations(known.locations, event.locations)
    const heard = hear(next, key, event.locations, moved, now)
    next = { ...next, heard: HashMap.set(next.heard, key, heard) }
    const session = tell(known, event, moved, heard, next.joined)
    if (session === known) continue
    next = put(next, key, known, session, touched)
    if (known === undefined) {
      next = list(next, key, event.userId)
      changes.push({ _tag: "Joined", session })
      continue
    }
    if (moved) changes.push({ _tag: "Moved", session, previous: known.locations })
    if (session.activity !== known.activity) {
      changes.push({ _tag: "ActivityChanged", session, previous: known.activity })
    }
  }
  return { roster: next, changes, touched, dropped }
}

const newest = (locations: ReadonlyArray<Location>): string => {
  let latest = ""
  for (const { lastActiveAt } of locations) if (lastActiveAt > latest) latest = lastActiveAt
  return latest
}

const hear = (
  { heard }: Roster,
  key: SessionKey,
  locations: ReadonlyArray<Location>,
  moved: boolean,
  now: number
): Heard => {
  const said = newest(locations)
  const known = Option.getOrUndefined(HashMap.get(heard, key))
  if (known === undefined) return { at: now, activeAt: now, said, tells: false }
  // ISO 8601 sorts as text.
  const advanced = said > known.said
  return {
    at: now,
    activeAt: moved || advanced ? now : known.activeAt,
    said: advanced ? said : known.said,
    tells: known.tells || (advanced && !moved)
  }
}

/** Whoever is in no document has nothing to say when they were active with. */
const canTell = (tells: boolean, locations: ReadonlyArray<Location>): boolean =>
  tells && locations.length > 0

/** A session as its last word has it, with whatever did not change kept identical. */
const tell = (
  known: PresenceSession | undefined,
  event: Extract<SessionEvent, { _tag: "State" }>,
  moved: boolean,
  { activeAt, at, tells }: Heard,
  order: number
): PresenceSession => {
  const { locations, sessionId, userId } = event
  if (known === undefined) {
    return { userId, sessionId, locations, stale: false, activity: "unknown", order }
  }
  const activity = !canTell(tells, locations)
    ? "unknown"
    : activeAt === at
      ? "active"
      : known.activity
  if (!moved && !known.stale && activity === known.activity) return known
  return {
    ...known,
    locations: moved ? keepSame(known.locations, locations) : known.locations,
    stale: false,
    activity
  }
}

const keepSame = (
  known: ReadonlyArray<Location>,
  locations: ReadonlyArray<Location>
): ReadonlyArray<Location> =>
  locations.length === 1 && known.length === 1
    ? locations
    : locations.map((location) => known.find((one) => isSameLocation(one, location)) ?? location)

const sessionsOf = ({ state }: Roster, userId: UserId): ReadonlyArray<SessionKey> =>
  Option.getOrElse(HashMap.get(state.byUser, userId), () => [])

const list = (roster: Roster, key: SessionKey, userId: UserId): Roster => {
  const keys = [...sessionsOf(roster, userId), key]
  return {
    ...roster,
    state: { ...roster.state, byUser: HashMap.set(roster.state.byUser, userId, keys) },
    most: Math.max(roster.most, keys.length),
    joined: roster.joined + 1
  }
}

/** Puts a session in the place of what was known of it. */
const put = (
  roster: Roster,
  key: SessionKey,
  known: PresenceSession | undefined,
  session: PresenceSession,
  touched: Set<string>
): Roster => ({
  ...roster,
  state: {
    ...roster.state,
    sessions: HashMap.set(roster.state.sessions, key, session),
    documents: index(roster.state.documents, key, known, session, touched)
  }
})

const remove = (
  roster: Roster,
  key: SessionKey,
  session: PresenceSession,
  touched: Set<string>
): Roster => {
  const { byUser, documents, sessions } = roster.state
  const keys = sessionsOf(roster, session.userId).filter((other) => other !== key)
  return {
    ...roster,
    state: {
      sessions: HashMap.remove(sessions, key),
      documents: index(documents, key, session, undefined, touched),
      byUser:
        keys.length === 0
          ? HashMap.remove(byUser, session.userId)
          : HashMap.set(byUser, session.userId, keys)
    },
    heard: HashMap.remove(roster.heard, key)
  }
}

type Documents = PresenceState["documents"]

/** Brings the documents up to date with one session, and notes those in which something changed. */
const index = (
  documents: Documents,
  key: SessionKey,
  known: PresenceSession | undefined,
  session: PresenceSession | undefined,
  touched: Set<string>
): Documents => {
  const before = known === undefined ? nowhere : byDocument(known)
  const after = session === undefined ? nowhere : byDocument(session)
  let next = documents
  for (const [id, here] of after) {
    const was = before.get(id)
    if (was !== undefined && isSameEntry(was, here)) continue
    const sessions = Option.getOrElse(HashMap.get(next, id), noSessions)
    next = HashMap.set(next, id, HashMap.set(sessions, key, here))
    touched.add(id)
  }
  for (const id of before.keys()) {
    if (after.has(id)) continue
    const sessions = HashMap.remove(Option.getOrElse(HashMap.get(next, id), noSessions), key)
    next = HashMap.isEmpty(sessions) ? HashMap.remove(next, id) : HashMap.set(next, id, sessions)
    touched.add(id)
  }
  return next
}

const nowhere: ReadonlyMap<string, PresenceSession> = new Map()
const noSessions = (): DocumentSessions => HashMap.empty()

/** A session in each document that it is in, with its locations there. */
const byDocument = (session: PresenceSession): ReadonlyMap<string, PresenceSession> => {
  const parts = new Map<string, Array<Location>>()
  for (const location of session.locations) {
    const id = publishedIdOf(location.documentId)
    const part = parts.get(id)
    if (part === undefined) parts.set(id, [location])
    else part.push(location)
  }
  const entries = new Map<string, PresenceSession>()
  for (const [id, locations] of parts) {
    entries.set(id, parts.size === 1 ? session : { ...session, locations })
  }
  return entries
}

const isSameEntry = (a: PresenceSession, b: PresenceSession): boolean =>
  a.stale === b.stale &&
  a.activity === b.activity &&
  a.locations.length === b.locations.length &&
  a.locations.every((location, at) => location === b.locations[at])

interface Place {
  readonly roster: Roster
  readonly displaced?: PresenceSession | undefined
  readonly beyond?: keyof SessionLimits | undefined
}

const makePlace = (
  roster: Roster,
  userId: UserId,
  limits: SessionLimits,
  touched: Set<string>
): Place => {
  const own = sessionsOf(roster, userId).length
  if (own >= limits.sessionsPerUser) return { roster, beyond: "sessionsPerUser" }
  if (HashMap.size(roster.state.sessions) < limits.sessions) return { roster }
  if (roster.most < own + 2) return { roster, beyond: "sessions" }
  let longest: ReadonlyArray<SessionKey> = []
  for (const keys of HashMap.values(roster.state.byUser)) {
    if (keys.length > longest.length) longest = keys
  }
  // `most` only grows as sessions join: now it is known exactly, and need not be looked for again.
  const exact = { ...roster, most: longest.length }
  const last = longest.at(-1)
  if (last === undefined || longest.length < own + 2) return { roster: exact, beyond: "sessions" }
  const displaced = Option.getOrUndefined(HashMap.get(roster.state.sessions, last))
  if (displaced === undefined) return { roster: exact, beyond: "sessions" }
  return { roster: remove(exact, last, displaced, touched), displaced }
}

const leave = (
  roster: Roster,
  isGone: (session: PresenceSession, key: SessionKey) => boolean,
  reason: LeftReason
): Transition => {
  const gone = [...roster.state.sessions].filter(([key, session]) => isGone(session, key))
  if (gone.length === 0) return unchanged(roster)
  const touched = new Set<string>()
  return {
    roster: gone.reduce((rest, [key, session]) => remove(rest, key, session, touched), roster),
    changes: gone.map(([, session]) => ({ _tag: "Left", session, reason })),
    touched,
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
  leave(roster, (_, key) => now - heardOf(roster, key).at >= ttl, "expired")

/** When the next session expires if nobody says anything, or undefined where there is nobody. */
export const nextExpiry = (roster: Roster, ttl: number): number | undefined => {
  let first: number | undefined
  for (const { at } of HashMap.values(roster.heard)) {
    if (first === undefined || at < first) first = at
  }
  return first === undefined ? undefined : first + ttl
}

/** After how long without activity someone is idle, and away. Milliseconds. */
export interface ActivityTimes {
  readonly idleAfter: number
  readonly awayAfter: number
}

/**
 * Turns those idle, or away, who have told of no activity for so long. Whoever is stale is left as
 * they were: nobody could hear them.
 */
export const rest = (
  roster: Roster,
  now: number,
  { awayAfter, idleAfter }: ActivityTimes
): Transition => {
  const touched = new Set<string>()
  const changes: Array<PresenceChange> = []
  let next = roster
  for (const [key, session] of roster.state.sessions) {
    const { activeAt, tells } = heardOf(roster, key)
    if (session.stale || !canTell(tells, session.locations)) continue
    const time = now - activeAt
    const activity = time >= awayAfter ? "away" : time >= idleAfter ? "idle" : "active"
    if (activity === session.activity) continue
    const resting = { ...session, activity } as const
    next = put(next, key, session, resting, touched)
    changes.push({ _tag: "ActivityChanged", session: resting, previous: session.activity })
  }
  return { roster: next, changes, touched, dropped: [] }
}

/** When the next one turns idle or away if nobody says anything, or undefined. */
export const nextRest = (
  roster: Roster,
  { awayAfter, idleAfter }: ActivityTimes
): number | undefined => {
  let first: number | undefined
  for (const [key, { activity, stale }] of roster.state.sessions) {
    if (stale || activity === "unknown" || activity === "away") continue
    const due = heardOf(roster, key).activeAt + (activity === "active" ? idleAfter : awayAfter)
    if (first === undefined || due < first) first = due
  }
  return first
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
): Transition => {
  const touched = new Set<string>()
  let next = roster
  for (const [key, session] of roster.state.sessions) {
    const heard = heardOf(roster, key)
    if (session.stale || heard.at > heardUntil) continue
    next = put(next, key, session, { ...session, stale: true }, touched)
    next = { ...next, heard: HashMap.set(next.heard, key, { ...heard, at: now }) }
  }
  return { roster: next, changes: [], touched, dropped: [] }
}

/** Drops the sessions that are still stale: they did not answer the roll call. */
export const dropStale = (roster: Roster): Transition =>
  leave(roster, (session) => session.stale, "lost")

/** Leaves a time out of account in which nobody could be heard (milliseconds). */
export const forgive = (roster: Roster, time: number): Roster =>
  time === 0 || HashMap.isEmpty(roster.heard)
    ? roster
    : {
        ...roster,
        heard: HashMap.map(roster.heard, (heard) => ({ ...heard, at: heard.at + time }))
      }

const neverHeard: Heard = { at: 0, activeAt: 0, said: "", tells: false }

const heardOf = (roster: Roster, key: SessionKey): Heard =>
  Option.getOrElse(HashMap.get(roster.heard, key), () => neverHeard)

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
