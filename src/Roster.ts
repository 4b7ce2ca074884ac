/**
 * What is received, applied to who is in the room: the hot path. A pure function of events and time; a
 * batch changes the maps in place while it is applied, and nobody sees them before its end.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { publishedIdOf } from "./DocumentRef.ts"
import { isSameLocation, isSameLocations, type Location } from "./Location.ts"
import {
  type DocumentSessions,
  emptyState,
  type Heard,
  type LeftReason,
  type Member,
  type PresenceChange,
  type PresenceSession,
  PresenceState,
  type SessionEvent
} from "./PresenceState.ts"
import { sessionKey, type SessionKey, type UserId } from "./Session.ts"

/**
 * The state, and everyone with what was heard of them since: a heartbeat changes that and nothing that
 * anyone sees.
 *
 * No user has more sessions than `most`; `joined` counts all who ever joined.
 */
export interface Roster {
  readonly state: PresenceState
  readonly members: PresenceState["members"]
  readonly most: number
  readonly joined: number
}

/** How many sessions are kept, of one user and in all. */
export interface SessionLimits {
  readonly sessionsPerUser: number
  readonly sessions: number
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

/** Nobody, and nobody heard. */
export const empty: Roster = {
  state: emptyState,
  members: emptyState.members,
  most: 0,
  joined: 0
}

/** What comes of nothing. */
export const unchanged = (roster: Roster): Transition => ({
  roster,
  changes: [],
  touched: new Set(),
  dropped: []
})

/** Two transitions as one; the second is of what came of the first. */
export const andThen = (first: Transition, second: Transition): Transition =>
  first.touched.size + first.changes.length + first.dropped.length === 0
    ? second
    : {
        roster: second.roster,
        changes: [...first.changes, ...second.changes],
        touched: new Set([...first.touched, ...second.touched]),
        dropped: [...first.dropped, ...second.dropped]
      }

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
  const draft = begin(roster)
  for (const event of events) {
    if (event._tag === "State") hear(draft, event, now, limits)
    else leave(draft, sessionKey(event.userId, event.sessionId), "disconnected")
  }
  return end(draft, roster)
}

/** A roster that is changed in place, and what has come of it so far. */
export interface Draft {
  readonly members: PresenceState["members"]
  readonly documents: PresenceState["documents"]
  readonly byUser: PresenceState["byUser"]
  most: number
  joined: number
  /** Whether anybody was heard or has left, and whether anyone sees that. */
  isOther: boolean
  isOtherState: boolean
  readonly changes: Array<PresenceChange>
  readonly touched: Set<string>
  readonly dropped: Array<keyof SessionLimits>
}

/** Begins a transition. The maps of the draft are its own, and change without being set again. */
export const begin = ({ joined, members, most, state }: Roster): Draft => ({
  members: HashMap.beginMutation(members),
  documents: HashMap.beginMutation(state.documents),
  byUser: HashMap.beginMutation(state.byUser),
  most,
  joined,
  isOther: false,
  isOtherState: false,
  changes: [],
  touched: new Set(),
  dropped: []
})

/** Ends a transition. What has not changed stays identical: the roster, or the state in it. */
export const end = (draft: Draft, before: Roster): Transition => {
  const { changes, dropped, isOther, isOtherState, joined, most, touched } = draft
  if (!isOther && most === before.most) return { roster: before, changes, touched, dropped }
  const members = isOther ? HashMap.endMutation(draft.members) : before.members
  const state = isOtherState
    ? new PresenceState(
        members,
        HashMap.endMutation(draft.documents),
        HashMap.endMutation(draft.byUser)
      )
    : before.state
  return { roster: { state, members, most, joined }, changes, touched, dropped }
}

type State = Extract<SessionEvent, { _tag: "State" }>

const hear = (draft: Draft, event: State, now: number, limits: SessionLimits): void => {
  const { locations, userId } = event
  const key = sessionKey(userId, event.sessionId)
  const member = get(draft.members, key)
  if (member === undefined && !makePlace(draft, userId, limits)) return
  const known = member?.session
  const moved = known === undefined || !isSameLocations(known.locations, locations)
  const heard = listen(member, locations, moved, now)
  const { activeAt, said, tells } = heard
  const session = tell(known, event, moved, heard, draft.joined)
  draft.isOther = true
  HashMap.set(draft.members, key, { session, at: now, activeAt, said, tells })
  if (session === known) return
  draft.isOtherState = true
  index(draft, key, known, session)
  if (known === undefined) {
    list(draft, key, userId)
    draft.changes.push({ _tag: "Joined", session })
    return
  }
  if (moved) draft.changes.push({ _tag: "Moved", session, previous: known.locations })
  if (session.activity !== known.activity) {
    draft.changes.push({ _tag: "ActivityChanged", session, previous: known.activity })
  }
}

const get = <K, V>(map: HashMap.HashMap<K, V>, key: K): V | undefined =>
  Option.getOrUndefined(HashMap.get(map, key))

const newest = (locations: ReadonlyArray<Location>): string => {
  let latest = ""
  for (const { lastActiveAt } of locations) if (lastActiveAt > latest) latest = lastActiveAt
  return latest
}

const listen = (
  known: Heard | undefined,
  locations: ReadonlyArray<Location>,
  moved: boolean,
  now: number
): Heard => {
  const said = newest(locations)
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
export const canTell = (tells: boolean, locations: ReadonlyArray<Location>): boolean =>
  tells && locations.length > 0

/** A session as its last word has it, with whatever did not change kept identical. */
const tell = (
  known: PresenceSession | undefined,
  event: State,
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
    userId,
    sessionId,
    locations: moved ? keepSame(known.locations, locations) : known.locations,
    stale: false,
    activity,
    order: known.order
  }
}

const keepSame = (
  known: ReadonlyArray<Location>,
  locations: ReadonlyArray<Location>
): ReadonlyArray<Location> =>
  locations.length === 1 && known.length === 1
    ? locations
    : locations.map((location) => known.find((one) => isSameLocation(one, location)) ?? location)

const sessionsOf = ({ byUser }: Draft, userId: UserId): ReadonlyArray<SessionKey> =>
  get(byUser, userId) ?? []

const list = (draft: Draft, key: SessionKey, userId: UserId): void => {
  const keys = sessionsOf(draft, userId).concat(key)
  HashMap.set(draft.byUser, userId, keys)
  draft.most = Math.max(draft.most, keys.length)
  draft.joined += 1
}

/** Puts a session that looks different in the place of what was known of it. */
export const put = (draft: Draft, key: SessionKey, known: Member, next: Member): void => {
  draft.isOther = draft.isOtherState = true
  HashMap.set(draft.members, key, next)
  index(draft, key, known.session, next.session)
}

/** Takes a session out, if it is there. */
export const leave = (draft: Draft, key: SessionKey, reason: LeftReason): void => {
  const session = get(draft.members, key)?.session
  if (session === undefined) return
  const keys = sessionsOf(draft, session.userId).filter((other) => other !== key)
  draft.isOther = draft.isOtherState = true
  HashMap.remove(draft.members, key)
  index(draft, key, session, undefined)
  if (keys.length === 0) HashMap.remove(draft.byUser, session.userId)
  else HashMap.set(draft.byUser, session.userId, keys)
  draft.changes.push({ _tag: "Left", session, reason })
}

/** Brings the documents up to date with a session that looks different from what was known of it. */
const index = (
  draft: Draft,
  key: SessionKey,
  known: PresenceSession | undefined,
  session: PresenceSession | undefined
): void => {
  const was = onlyDocumentOf(known)
  if (was !== undefined && was === onlyDocumentOf(session)) {
    return change(draft, was, membersOf(draft, was))
  }
  const isOther = known?.stale !== session?.stale || known?.activity !== session?.activity
  const before = byDocument(known)
  const after = byDocument(session)
  for (const [id, here] of after) {
    const there = before.get(id)
    if (there === undefined) change(draft, id, HashMap.set(membersOf(draft, id), key, true))
    else if (isOther || !isIdentical(there, here)) change(draft, id, membersOf(draft, id))
  }
  for (const id of before.keys()) {
    if (!after.has(id)) change(draft, id, HashMap.remove(membersOf(draft, id), key))
  }
}

/** The document of a session that is in one place, as nearly all are. */
const onlyDocumentOf = (session: PresenceSession | undefined): string | undefined => {
  const [location] = session?.locations ?? nowhere
  return location === undefined || session?.locations.length !== 1
    ? undefined
    : publishedIdOf(location.documentId)
}

const nowhere: ReadonlyArray<Location> = []

/** The locations of a session by document. */
const byDocument = (
  session: PresenceSession | undefined
): ReadonlyMap<string, ReadonlyArray<Location>> => {
  const parts = new Map<string, Array<Location>>()
  for (const location of session?.locations ?? nowhere) {
    const id = publishedIdOf(location.documentId)
    const part = parts.get(id)
    if (part === undefined) parts.set(id, [location])
    else part.push(location)
  }
  return parts
}

const isIdentical = (a: ReadonlyArray<Location>, b: ReadonlyArray<Location>): boolean =>
  a.length === b.length && a.every((location, at) => location === b[at])

const membersOf = (draft: Draft, id: string): DocumentSessions["members"] =>
  get(draft.documents, id)?.members ?? noMembers

const noMembers: DocumentSessions["members"] = HashMap.empty()

const change = (draft: Draft, id: string, members: DocumentSessions["members"]): void => {
  if (HashMap.isEmpty(members)) HashMap.remove(draft.documents, id)
  else HashMap.set(draft.documents, id, { members })
  draft.touched.add(id)
}

/** Whether a newcomer has a place; notes which limit they are beyond, or who makes room for them. */
const makePlace = (draft: Draft, userId: UserId, limits: SessionLimits): boolean => {
  const own = sessionsOf(draft, userId).length
  if (own >= limits.sessionsPerUser) return refuse(draft, "sessionsPerUser")
  if (HashMap.size(draft.members) < limits.sessions) return true
  if (draft.most < own + 2) return refuse(draft, "sessions")
  let longest: ReadonlyArray<SessionKey> = []
  for (const keys of HashMap.values(draft.byUser)) {
    if (keys.length > longest.length) longest = keys
  }
  // `most` only grows as sessions join: now it is known exactly, and need not be looked for again.
  draft.most = longest.length
  const last = longest.at(-1)
  if (last === undefined || longest.length < own + 2) return refuse(draft, "sessions")
  leave(draft, last, "displaced")
  return true
}

const refuse = (draft: Draft, limit: keyof SessionLimits): false => {
  draft.dropped.push(limit)
  return false
}
