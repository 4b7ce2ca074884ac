/**
 * Who is in this document, at or below this path. Pure: an answer costs what it holds, not what the
 * room holds, and is the identical array until something in it changes.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { type DocumentRef, isOf, publishedIdOf, resolve } from "./DocumentRef.ts"
import { isWithin, type Location, type Path, type Selection } from "./Location.ts"
import type { Activity, DocumentSessions, PresenceSession, PresenceState } from "./PresenceState.ts"
import type { SessionId, SessionKey, UserId } from "./Session.ts"

/**
 * Which participants are meant.
 *
 * @example
 * const inTitle: DocumentQuery = { documentId: "book", path: ["title"], excludeVersions: true }
 */
export interface DocumentQuery extends DocumentRef {
  /** Only those at or below it; keyed segments compare by key. The whole document unless given. */
  readonly path?: Path | undefined
  /**
   * Whether only those in exactly this document are meant. False unless given: a draft, its published
   * document and its versions are one, which is what a list of documents wants.
   */
  readonly excludeVersions?: boolean | undefined
}

/** A session at one place in a document; a session in two places is listed twice. */
export interface DocumentLocation {
  /** Who it is. */
  readonly userId: UserId
  /** Which of their sessions: a key only together with the user id. */
  readonly sessionId: SessionId
  /** The exact id: of a draft, of a published document, or of a version. */
  readonly documentId: string
  /** The field; empty means the document as a whole. */
  readonly path: Path
  /** ISO 8601 on the sender's clock, for display only; `activity` is by ours. */
  readonly lastActiveAt: string
  /** The caret; absent outside Portable Text fields, null where the field has the focus but no caret. */
  readonly selection?: Selection | undefined
  /** Whether they are known from before the connection was lost, and not heard from since. */
  readonly stale: boolean
  /** Whether they do something, by this machine's clock. */
  readonly activity: Activity
}

/** A query whose document is known exactly, ready to be asked again and again. */
export interface PreparedQuery {
  /** The document under which the state lists those who are in it. */
  readonly publishedId: string
  /** Only in this one, where it is given. */
  readonly exactId: string | undefined
  /** Only at or below it, where it is given. */
  readonly path: Path | undefined
  /** The same for equal queries. */
  readonly key: string
}

/** No document has it. */
const noDocument = ""

/**
 * Resolves what a query means; an id that Sanity does not allow means exactly itself, where nobody is
 * likely to be, and a release that there can't be means nobody.
 *
 * @example
 * const inTitle = prepare({ documentId: "book", path: ["title"] })
 */
export const prepare = (query: DocumentQuery): PreparedQuery => {
  const { documentId } = query
  const isAllowed = resolve({ documentId }) !== undefined
  const id = resolve(query) ?? (isAllowed ? noDocument : documentId)
  const exactId = query.excludeVersions === true ? id : undefined
  const publishedId = publishedIdOf(id)
  const { path } = query
  const key = JSON.stringify([exactId ?? publishedId, exactId !== undefined, path ?? []])
  return { publishedId, exactId, path, key }
}

const isMeant = ({ exactId, path, publishedId }: PreparedQuery, location: Location): boolean =>
  (exactId === undefined
    ? isOf(location.documentId, publishedId)
    : location.documentId === exactId) &&
  (path === undefined || isWithin(location.path, path))

const nobody: ReadonlyArray<never> = []

/** A place looks the same as long as its session does. */
const places = new WeakMap<Location, DocumentLocation>()

const placeOf = (session: PresenceSession, location: Location): DocumentLocation => {
  const { activity, sessionId, stale, userId } = session
  const known = places.get(location)
  if (
    known !== undefined &&
    known.stale === stale &&
    known.activity === activity &&
    known.sessionId === sessionId &&
    known.userId === userId
  ) {
    return known
  }
  const { type: _, ...where } = location
  const place = { userId, sessionId, ...where, stale, activity }
  places.set(location, place)
  return place
}

/** The answers for a document as it is, by query. They go with it. */
const answers = new WeakMap<DocumentSessions, Map<string, ReadonlyArray<DocumentLocation>>>()

/**
 * Everyone whom the query means, once per place where they are, in the order in which they joined.
 * The identical array as long as nothing changes in the document.
 *
 * @example
 * const people = inDocument(state, prepare({ documentId: "book" }))
 */
export const inDocument = (
  state: PresenceState,
  query: PreparedQuery
): ReadonlyArray<DocumentLocation> => {
  const document = Option.getOrUndefined(HashMap.get(state.documents, query.publishedId))
  if (document === undefined) return nobody
  const known = answers.get(document) ?? new Map()
  answers.set(document, known)
  const answer = known.get(query.key) ?? ask(state, document, query)
  known.set(query.key, answer)
  return answer
}

const sessionsOf = (
  state: PresenceState,
  keys: Iterable<SessionKey>
): ReadonlyArray<PresenceSession> => {
  const sessions: Array<PresenceSession> = []
  for (const key of keys) {
    const member = Option.getOrUndefined(HashMap.get(state.members, key))
    if (member !== undefined) sessions.push(member.session)
  }
  return sessions
}

const ask = (
  state: PresenceState,
  { members }: DocumentSessions,
  query: PreparedQuery
): ReadonlyArray<DocumentLocation> => {
  const found: Array<DocumentLocation> = []
  const sessions = sessionsOf(state, HashMap.keys(members)).toSorted((a, b) => a.order - b.order)
  for (const session of sessions) {
    for (const location of session.locations) {
      if (isMeant(query, location)) found.push(placeOf(session, location))
    }
  }
  return found.length === 0 ? nobody : found
}

/**
 * The sessions of one user, in the order in which they joined.
 *
 * @example
 * const tabs = ofUser(state, UserId.make("p-ada"))
 */
export const ofUser = (state: PresenceState, userId: UserId): ReadonlyArray<PresenceSession> =>
  Option.match(HashMap.get(state.byUser, userId), {
    onNone: () => nobody,
    onSome: (keys) => sessionsOf(state, keys)
  })

/** How many others are in the room. */
export interface Counts {
  /** Two tabs of a user are two. */
  readonly sessions: number
  /** Two tabs of a user are one. */
  readonly users: number
}

/**
 * How many others are in the room.
 *
 * @example
 * const { users } = counts(state)
 */
export const counts = (state: PresenceState): Counts => ({
  sessions: HashMap.size(state.members),
  users: HashMap.size(state.byUser)
})
