/**
 * The table of one room: which sessions are known, where they are, and which connection each
 * belongs to. No sockets, no clock: what happens comes in with the time, what is to be published
 * comes out.
 */
import { type BifurEvent, notificationMethod } from "../bifur/BifurEvent.ts"
import { encodeNotification } from "../bifur/JsonRpc.ts"
import { type SessionId, sessionKey, type SessionKey, type UserId } from "../Session.ts"

/**
 * A connection as the table knows it. Numbers count up in the order in which connections were
 * opened: of two, the higher is the newer.
 */
export type ConnectionId = number

/**
 * How long a session is kept without an announce, in milliseconds. It is the time after which the
 * clients of the protocol drop a session themselves (they announce every 30 s, and may miss two).
 */
export const sessionTimeToLive = 90_000

/** An event, and the one frame that carries it to every subscriber of the room. */
export interface Publication {
  readonly event: BifurEvent
  readonly frame: string
}

interface Session {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly owner: ConnectionId
  readonly announcedAt: number
  readonly latest: Publication
}

/**
 * The sessions of one room.
 *
 * A session is the pair of user id and session id, and belongs to the newest connection that
 * announced it. A page that reloads keeps its session id and arrives on a new connection: when the
 * old one dies after that, the session stays.
 *
 * All times are milliseconds on a clock that never goes back.
 *
 * @example
 * const room = new Room("subscription-1")
 * room.announce(1, userId, sessionId, [], 0).event // { type: "state", … }
 * room.leave(1) // one disconnect, for the session
 */
export class Room {
  /** The subscription id that all subscribers share, so that one frame serves them all. */
  readonly subscription: string
  readonly #sessions = new Map<SessionKey, Session>()

  constructor(subscription: string) {
    this.subscription = subscription
  }

  /** How many sessions are known. */
  get size(): number {
    return this.#sessions.size
  }

  /** The connection that a session belongs to, or undefined where the session is not known. */
  ownerOf(userId: UserId, sessionId: SessionId): ConnectionId | undefined {
    return this.#sessions.get(sessionKey(userId, sessionId))?.owner
  }

  /** A session says where it is: all of its locations, as the sender wrote them. */
  announce(
    connection: ConnectionId,
    userId: UserId,
    sessionId: SessionId,
    locations: ReadonlyArray<unknown>,
    now: number
  ): Publication {
    const latest = this.#publication({ type: "state", i: userId, m: { sessionId, locations } })
    const key = sessionKey(userId, sessionId)
    const owner = Math.max(connection, this.#sessions.get(key)?.owner ?? connection)
    this.#sessions.set(key, { userId, sessionId, owner, announcedAt: now, latest })
    return latest
  }

  /**
   * A session says that it is gone. Undefined where it has moved on to a newer connection since:
   * a page that reloads must not be ended by the late goodbye of its old self. Undefined also where
   * this user has no such session: some clients end every session of that id, whoever's it is.
   */
  disconnect(
    connection: ConnectionId,
    userId: UserId,
    sessionId: SessionId
  ): Publication | undefined {
    const key = sessionKey(userId, sessionId)
    const known = this.#sessions.get(key)
    if (known === undefined || known.owner > connection) return undefined
    this.#sessions.delete(key)
    return this.#goodbye(userId, sessionId)
  }

  /** A connection is gone, and with it the sessions that still belonged to it. */
  leave(connection: ConnectionId): ReadonlyArray<Publication> {
    const goodbyes: Array<Publication> = []
    for (const [key, session] of this.#sessions) {
      if (session.owner !== connection) continue
      this.#sessions.delete(key)
      goodbyes.push(this.#goodbye(session.userId, session.sessionId))
    }
    return goodbyes
  }

  /** A roll call that is to be answered by the sessions themselves. */
  rollCall(userId: UserId, sessionId: SessionId): Publication {
    return this.#publication({ type: "rollCall", i: userId, session: sessionId })
  }

  /** The latest word of every session that is still heard of: the answer to a roll call. */
  present(now: number): ReadonlyArray<Publication> {
    this.prune(now)
    return Array.from(this.#sessions.values(), (session) => session.latest)
  }

  /** Forgets the sessions that have not announced for {@link sessionTimeToLive}. */
  prune(now: number): void {
    for (const [key, session] of this.#sessions) {
      if (now - session.announcedAt >= sessionTimeToLive) this.#sessions.delete(key)
    }
  }

  #goodbye(userId: UserId, sessionId: SessionId): Publication {
    return this.#publication({ type: "disconnect", i: userId, m: { session: sessionId } })
  }

  #publication(event: BifurEvent): Publication {
    const frame = encodeNotification(notificationMethod, {
      subscription: this.subscription,
      result: event
    })
    return { event, frame }
  }
}
