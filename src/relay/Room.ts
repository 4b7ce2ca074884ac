/**
 * The table of one room: which sessions are known, where they are, and which connection each
 * belongs to. No sockets, no clock: what happens comes in with the time, what is to be published
 * comes out.
 */
import { type SessionId, sessionKey, type SessionKey, type UserId } from "../Session.ts"
import { Departures } from "./Departures.ts"
import { isNewer, type Owner } from "./Owner.ts"
import { FrameStart, type Publication, publicationOf, publicationOfText } from "./Publication.ts"
import { Tally } from "./Tally.ts"

/**
 * How long a session is kept without an announce, in milliseconds. It is the time after which the
 * clients of the protocol drop a session themselves (they announce every 30 s, and may miss two).
 */
export const sessionTimeToLive = 90_000

/** A session that is known. */
export interface Session {
  readonly key: SessionKey
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly owner: Owner
  readonly announcedAt: number
  readonly latest: Publication
  /** The earliest time of the publication after the latest. */
  readonly nextAt: number
}

/**
 * A session as an announce would make it, before anything has come of that.
 *
 * - `size`: the bytes of its locations as they are published.
 * - `growth`: how much more would be held for its user, in bytes.
 * - `isNew`: it is not known yet.
 */
export interface Draft {
  readonly session: Session
  readonly size: number
  readonly growth: number
  readonly isNew: boolean
}

/** What a session takes beside its frame and its ids, in bytes: entries of maps, their keys' heads. */
const sessionOverhead = 512

/** Bytes for each character of a key: the key, and the ids that it was made of, two bytes each. */
const bytesPerKeyCharacter = 4

/** What is held for a session, in bytes. */
const heldFor = ({ key, latest }: Session): number =>
  latest.frame.length + key.length * bytesPerKeyCharacter + sessionOverhead

/** This many bytes of a frame cost a session its announce interval once more. */
const bytesPerInterval = 4_096

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
 * const room = new Room("subscription-1", { announceInterval: 50 })
 * room.announce(owner, userId, sessionId, [], 0).event // { type: "state", … }
 * room.leave(owner, 1_000) // gone at 1 s, unless it is back by then
 * room.depart(1_000) // one disconnect, for the session
 */
export class Room {
  /** The subscription id that all subscribers share, so that one frame serves them all. */
  readonly subscription: string
  readonly #frameStart: FrameStart
  readonly #announceInterval: number
  readonly #held: Tally
  readonly #sessions = new Map<SessionKey, Session>()
  readonly #byOwner = new Map<string, Set<SessionKey>>()
  readonly #byUser = new Tally()
  readonly #bySessionId = new Tally()
  readonly #leaving = new Departures()

  /**
   * @param options.announceInterval the least time between two publications of a session
   * @param held the bytes that are held for each user, in this room and in others
   */
  constructor(
    subscription: string,
    options: { readonly announceInterval: number },
    held: Tally = new Tally()
  ) {
    this.subscription = subscription
    this.#frameStart = new FrameStart(subscription)
    this.#held = held
    this.#announceInterval = options.announceInterval
  }

  /** How many sessions are known. */
  get size(): number {
    return this.#sessions.size
  }

  /** The session, or undefined where it is not known. */
  get(userId: UserId, sessionId: SessionId): Session | undefined {
    return this.#sessions.get(sessionKey(userId, sessionId))
  }

  /** How many sessions a connection owns. */
  ownedBy(owner: Owner): number {
    return this.#byOwner.get(owner.id)?.size ?? 0
  }

  /** How many sessions a user has. */
  usedBy(userId: UserId): number {
    return this.#byUser.of(userId)
  }

  /** The bytes that are held for a user, in this room and in those that share its tally. */
  heldFor(userId: UserId): number {
    return this.#held.of(userId)
  }

  /** A session says where it is: all of its locations, as the sender wrote them. */
  announce(
    announcer: Owner,
    userId: UserId,
    sessionId: SessionId,
    locations: ReadonlyArray<unknown>,
    now: number
  ): Publication {
    return this.keep(this.draft(announcer, userId, sessionId, locations, now))
  }

  /** What would come of an announce. */
  draft(
    announcer: Owner,
    userId: UserId,
    sessionId: SessionId,
    locations: ReadonlyArray<unknown>,
    now: number
  ): Draft {
    const key = sessionKey(userId, sessionId)
    const known = this.#sessions.get(key)
    const owner = known !== undefined && isNewer(known.owner, announcer) ? known.owner : announcer
    // One that still waits to be published is replaced where it stands.
    const waits = known !== undefined && known.latest.at > now
    const at = waits ? known.latest.at : Math.max(now, known?.nextAt ?? now)
    const places = JSON.stringify(locations)
    const event = `{"type":"state","i":${JSON.stringify(userId)},"m":{"sessionId":${JSON.stringify(sessionId)},"locations":${places}}}`
    const latest = publicationOfText(this.#frameStart, key, event, announcer, at)
    const nextAt =
      at + this.#announceInterval * Math.max(1, Math.ceil(latest.frame.length / bytesPerInterval))
    const session = { key, userId, sessionId, owner, announcedAt: now, latest, nextAt }
    const growth = heldFor(session) - (known === undefined ? 0 : heldFor(known))
    return { session, size: Buffer.byteLength(places), growth, isNew: known === undefined }
  }

  /** What comes of an announce. Nothing else may have happened to the session since the draft. */
  keep({ growth, session }: Draft): Publication {
    const { key, latest, owner, userId } = session
    // An old connection's late word is no sign that the owner is alive.
    if (owner.id === latest.sender.id) this.#leaving.delete(key)
    this.#put(session)
    this.#held.add(userId, growth)
    return latest
  }

  /**
   * A session says that it is gone. Nothing comes of it where it has moved on to a newer connection
   * since: a page that reloads must not be ended by the late goodbye of its old self; nor where this
   * user has no such session.
   *
   * Some clients take a goodbye to end every session of that id, whoever's it is: where others have
   * the same one, their latest word follows.
   */
  disconnect(
    sender: Owner,
    userId: UserId,
    sessionId: SessionId,
    now: number
  ): ReadonlyArray<Publication> {
    const known = this.get(userId, sessionId)
    if (known === undefined || isNewer(known.owner, sender)) return []
    return this.#end(known, sender, now)
  }

  /**
   * A connection is gone. The sessions that still belong to it {@link depart} at the given time, but
   * for those that a newer connection of their user announces until then.
   */
  leave(owner: Owner, at: number): void {
    this.leaveWith(this.#byOwner.get(owner.id) ?? [], at)
  }

  /** The same for some sessions. */
  leaveWith(keys: Iterable<SessionKey>, at: number): void {
    for (const key of keys) this.#leaveAt(key, at)
  }

  /** The same for all connections of a node. */
  leaveNode(node: string, at: number): void {
    for (const { key, owner } of this.#sessions.values()) {
      if (owner.node === node) this.#leaveAt(key, at)
    }
  }

  /** Ends the sessions whose time to leave has come. */
  depart(now: number): ReadonlyArray<Publication> {
    return this.#leaving.take(now).flatMap((key) => {
      const session = this.#sessions.get(key)
      return session === undefined ? [] : this.#end(session, session.owner, now)
    })
  }

  /** No session is due to {@link depart} before; undefined where none is leaving. */
  get nextDeparture(): number | undefined {
    return this.#leaving.nextAt
  }

  /** A roll call that is to be answered by the sessions themselves. */
  rollCall(caller: Owner, userId: UserId, sessionId: SessionId, now: number): Publication {
    const event = { type: "rollCall", i: userId, session: sessionId } as const
    return publicationOf(
      this.subscription,
      `rollCall ${sessionKey(userId, sessionId)}`,
      event,
      caller,
      now
    )
  }

  /** The latest word of every session that is still heard of: the answer to a roll call. */
  present(now: number): ReadonlyArray<Publication> {
    this.prune(now)
    return Array.from(this.#sessions.values(), (session) => session.latest)
  }

  /** The sessions that a node holds the connections of. */
  of(node: string): ReadonlyArray<Session> {
    return Array.from(this.#sessions.values()).filter(({ owner }) => owner.node === node)
  }

  /** Forgets the sessions that have not announced for {@link sessionTimeToLive}. */
  prune(now: number): void {
    for (const session of this.#sessions.values()) {
      if (now - session.announcedAt >= sessionTimeToLive) this.#remove(session)
    }
  }

  /** Forgets everyone: the room is closed. */
  clear(): void {
    for (const session of this.#sessions.values()) this.#remove(session)
  }

  #leaveAt(key: SessionKey, at: number): void {
    // One that is not known any more has nothing to end.
    if (this.#sessions.has(key)) this.#leaving.add(key, at)
  }

  #end(session: Session, sender: Owner, now: number): ReadonlyArray<Publication> {
    this.#remove(session)
    const { key, sessionId, userId } = session
    const event = { type: "disconnect", i: userId, m: { session: sessionId } } as const
    return [
      publicationOf(this.subscription, key, event, sender, now),
      ...this.#namesakes(sessionId)
    ]
  }

  #namesakes(sessionId: SessionId): ReadonlyArray<Publication> {
    if (this.#bySessionId.of(sessionId) === 0) return []
    return Array.from(this.#sessions.values())
      .filter((session) => session.sessionId === sessionId)
      .map(({ latest }) => latest)
  }

  #put(session: Session): void {
    const known = this.#sessions.get(session.key)
    this.#sessions.set(session.key, session)
    if (known?.owner.id !== session.owner.id) {
      if (known !== undefined) this.#disown(known)
      const owned = this.#byOwner.get(session.owner.id)
      if (owned === undefined) this.#byOwner.set(session.owner.id, new Set([session.key]))
      else owned.add(session.key)
    }
    if (known !== undefined) return
    this.#byUser.add(session.userId)
    this.#bySessionId.add(session.sessionId)
  }

  #remove(session: Session): void {
    this.#sessions.delete(session.key)
    this.#leaving.delete(session.key)
    this.#disown(session)
    this.#held.remove(session.userId, heldFor(session))
    this.#byUser.remove(session.userId)
    this.#bySessionId.remove(session.sessionId)
  }

  #disown({ key, owner }: Session): void {
    const owned = this.#byOwner.get(owner.id)
    owned?.delete(key)
    if (owned?.size === 0) this.#byOwner.delete(owner.id)
  }
}
