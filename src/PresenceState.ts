/**
 * Who is in the room and where, as anyone sees it. Pure; what changes nothing that anyone sees leaves the
 * same state. `Roster.ts` makes one state of another.
 */
import * as HashMap from "effect/HashMap"
import type { Location } from "./Location.ts"
import type { SessionId, SessionKey, UserId } from "./Session.ts"

/**
 * Whether a participant does something: `idle` and `away` after the times that `PresenceConfig` names.
 * `unknown` for clients that don't tell (Studio's doesn't while its user types), and of those who are in
 * no document.
 */
export type Activity = "active" | "idle" | "away" | "unknown"

/** Someone else's session and everywhere it is. */
export interface PresenceSession {
  /** Whose it is: the server's word. */
  readonly userId: UserId
  /** Which of their sessions: the sender's word, so a key only together with the user id. */
  readonly sessionId: SessionId
  /** Everywhere it is. Empty: in the room, in no document. */
  readonly locations: ReadonlyArray<Location>
  /** Whether it is known from before the connection was lost, or the machine slept, and not heard since. */
  readonly stale: boolean
  /** Whether they do something, by this machine's clock, whatever that of the sender says. */
  readonly activity: Activity
  /** Counts up with every session that joins, so that a list of people can keep its order. */
  readonly order: number
}

/** Those who are in a document. Another object whenever something changes there. */
export interface DocumentSessions {
  /** By key; {@link PresenceState.members} has the sessions. */
  readonly members: HashMap.HashMap<SessionKey, true>
}

/** What is known of a session beside what anyone sees. */
export interface Heard {
  /** When it was last heard, in milliseconds of a monotonic clock. */
  readonly at: number
  /** When it last said something that tells of activity, on the same clock. */
  readonly activeAt: number
  /** The newest `lastActiveAt` that it sent. */
  readonly said: string
  /** Whether it was seen to advance that without moving, so that its silence about it means something. */
  readonly tells: boolean
}

/** A session, and what was heard of it. */
export interface Member extends Heard {
  /** What anyone sees of it. */
  readonly session: PresenceSession
}

/**
 * Everyone else in the room, by session, and found again by document and by user. Unchanged by a
 * heartbeat.
 *
 * @example
 * const { sessions } = yield* SubscriptionRef.get(presence.state)
 * HashMap.get(sessions, sessionKey(userId, sessionId))
 */
export class PresenceState {
  /**
   * Everyone, with what was heard of them by the time when anything last changed: apps want `sessions`,
   * or {@link toArray}.
   */
  readonly members: HashMap.HashMap<SessionKey, Member>
  /**
   * Who is in a document, by published id; a draft, its published document and its versions are one.
   * What changes in one document leaves the others identical.
   */
  readonly documents: HashMap.HashMap<string, DocumentSessions>
  /** The sessions of each user, the newest last. */
  readonly byUser: HashMap.HashMap<UserId, ReadonlyArray<SessionKey>>
  #sessions: HashMap.HashMap<SessionKey, PresenceSession> | undefined

  constructor(
    members: PresenceState["members"],
    documents: PresenceState["documents"],
    byUser: PresenceState["byUser"]
  ) {
    this.members = members
    this.documents = documents
    this.byUser = byUser
  }

  /** Everyone, by session. Made when it is first asked for, which costs what the room holds. */
  get sessions(): HashMap.HashMap<SessionKey, PresenceSession> {
    return (this.#sessions ??= HashMap.map(this.members, ({ session }) => session))
  }
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

/**
 * One thing that happened to one session. A heartbeat is not among them.
 *
 * @example
 * const tell = (change: PresenceChange): string => {
 *   const { session } = change
 *   switch (change._tag) {
 *     case "Joined":
 *       return `${session.userId} is here`
 *     case "Moved":
 *       return `${session.userId} went from ${change.previous.length} to ${session.locations.length} places`
 *     case "ActivityChanged":
 *       return `${session.userId} was ${change.previous} and is ${session.activity}`
 *     case "Left":
 *       return `${session.userId} left: ${change.reason}`
 *   }
 * }
 */
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
 * Everyone who is there, in place of what came before: the first that a reader of changes gets, and
 * what it gets where it is too slow to be told of each.
 */
export interface Reset {
  /** Tells it from a {@link PresenceChange}. */
  readonly _tag: "Reset"
  /** Everyone by now. */
  readonly state: PresenceState
}

/** A room that nobody else is in. */
export const emptyState = new PresenceState(HashMap.empty(), HashMap.empty(), HashMap.empty())

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
  const list = Array.from(HashMap.values(state.members), ({ session }) => session).toSorted(
    (a, b) => a.order - b.order
  )
  lists.set(state, list)
  return list
}
