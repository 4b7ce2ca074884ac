/**
 * One room with the connections in it, and the fan-out of what it publishes.
 */
import { randomUUID } from "node:crypto"
import { monotonicNow } from "./Clock.ts"
import type { Connection } from "./Connection.ts"
import { Outbox } from "./Outbox.ts"
import type { Owner } from "./Owner.ts"
import type { RelayCounts } from "./RelayCounts.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { SessionKey } from "../Session.ts"
import type { Publication } from "./Publication.ts"
import { Room } from "./Room.ts"
import type { Tally } from "./Tally.ts"

/** What a room needs of the rest of the relay. */
export interface OpenRoomServices {
  readonly settings: Pick<RelaySettings, "announceInterval" | "batchInterval">
  readonly counts: RelayCounts
  /** The bytes that are held for each user in all rooms. */
  readonly held: Tally
  /** Tells other nodes what this one has published, in order. */
  readonly share: (publications: ReadonlyArray<Publication>) => void
  /** The last connection has left, and the last session that one of them owned. */
  readonly onEmpty: () => void
}

/**
 * A room that someone is in. Made by `Rooms`.
 *
 * The first event after a quiet moment is published at once, what follows in batches: one write for
 * each receiver, the same bytes for all.
 */
export class OpenRoom {
  readonly table: Room
  readonly connections = new Set<Connection>()
  readonly #subscriptions = new Map<Connection, number>()
  readonly #outbox = new Outbox()
  readonly #services: OpenRoomServices
  readonly #batchInterval: number
  #publishedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #wakesAt = Number.POSITIVE_INFINITY
  #isClosed = false

  constructor(services: OpenRoomServices) {
    this.#services = services
    this.#batchInterval = services.settings.batchInterval
    this.table = new Room(randomUUID(), services.settings, services.held)
  }

  /**
   * Adds a subscription and gives its id, which all share. A connection that subscribes twice gets
   * each event once, until it has unsubscribed twice.
   */
  subscribe(connection: Connection): string {
    this.#subscriptions.set(connection, (this.#subscriptions.get(connection) ?? 0) + 1)
    return this.table.subscription
  }

  /** Ends one subscription; false where there is none of that id. */
  unsubscribe(connection: Connection, subscription: string): boolean {
    const count = this.#subscriptions.get(connection)
    if (count === undefined || subscription !== this.table.subscription) return false
    if (count === 1) this.#subscriptions.delete(connection)
    else this.#subscriptions.set(connection, count - 1)
    return true
  }

  isSubscribed(connection: Connection): boolean {
    return this.#subscriptions.has(connection)
  }

  /** Takes a connection out. Its sessions depart after a time, in milliseconds. */
  leave(connection: Connection, grace: number): void {
    this.connections.delete(connection)
    this.#subscriptions.delete(connection)
    this.endSessions(connection.owner, grace)
    this.#closeIfEmpty()
  }

  /** Ends the sessions of a connection after a time, unless a newer one announces them until then. */
  endSessions(owner: Owner, grace: number): void {
    this.table.leave(owner, monotonicNow() + grace)
    this.#depart()
  }

  /** The same for the sessions of all connections of another node. */
  endSessionsOf(node: string, grace: number): void {
    this.table.leaveNode(node, monotonicNow() + grace)
    this.#depart()
  }

  /** The same for those of some sessions that are still a node's. */
  endSessionsIn(keys: Iterable<SessionKey>, node: string, grace: number): void {
    const gone = new Set(keys)
    const left = this.table.of(node).filter(({ key }) => gone.has(key))
    this.table.leaveWith(
      left.map(({ key }) => key),
      monotonicNow() + grace
    )
    this.#depart()
  }

  /** Publishes to everyone who has subscribed, and to the other nodes what is from this one. */
  publish(publications: Iterable<Publication>): void {
    if (this.#isClosed) return
    for (const publication of publications) {
      const replaced = this.#outbox.add(publication)
      if (replaced === undefined) continue
      this.#services.counts.conflated++
      // What another node said instead does not tell the others that this node said anything.
      if (replaced.sender.node !== publication.sender.node) this.#services.share([replaced])
    }
    this.#flushWhenDue()
  }

  /** Answers a roll call from the table. */
  answerRollCall(connection: Connection): void {
    const present = this.table.present(monotonicNow())
    this.#services.counts.rollCalls++
    this.#services.counts.deliveries += present.length
    connection.catchUpOn(present)
  }

  /** Forgets the sessions that have fallen silent. */
  prune(now: number): void {
    this.table.prune(now)
    this.#closeIfEmpty()
  }

  /** Nothing more is published. */
  close(): void {
    this.#isClosed = true
    this.table.clear()
    clearTimeout(this.#timer)
  }

  #depart(): void {
    this.publish(this.table.depart(monotonicNow()))
  }

  /** What is due goes out now, or at the end of the batch; the rest, and those who leave, later. */
  #flushWhenDue(): void {
    const now = monotonicNow()
    const next = this.#nextFlush()
    if (next !== undefined && next <= now) this.#flush(now)
    this.#wake(Math.min(this.#nextFlush() ?? Infinity, this.table.nextDeparture ?? Infinity))
  }

  #nextFlush(): number | undefined {
    const next = this.#outbox.nextAt
    return next === undefined ? undefined : Math.max(next, this.#publishedAt + this.#batchInterval)
  }

  #flush(now: number): void {
    const publications = this.#outbox.take(now)
    this.#publishedAt = now
    const { counts, share } = this.#services
    counts.events += publications.length
    counts.deliveries += publications.length * this.#subscriptions.size
    counts.writes += this.#subscriptions.size
    deliver(publications, this.#subscriptions.keys())
    share(publications)
  }

  #wake(at: number): void {
    if (at === this.#wakesAt) return
    clearTimeout(this.#timer)
    this.#wakesAt = at
    if (at === Infinity) return
    this.#timer = setTimeout(
      () => {
        this.#wakesAt = Infinity
        this.#depart()
        this.#closeIfEmpty()
      },
      // Timers take whole milliseconds, and would come too early to do anything.
      Math.max(0, Math.ceil(at - monotonicNow()))
    )
  }

  /** What waits to be published goes out first: other nodes have to hear it. */
  #closeIfEmpty(): void {
    const isEmpty =
      this.connections.size === 0 &&
      this.table.nextDeparture === undefined &&
      this.#outbox.nextAt === undefined
    if (isEmpty) this.#services.onEmpty()
  }
}

/** The one place where events reach many: put together once, the same bytes to each. */
const deliver = (publications: ReadonlyArray<Publication>, to: Iterable<Connection>): void => {
  const [first] = publications
  if (first === undefined) return
  const frames = publications.map(({ frame }) => frame)
  const bytes = frames.length === 1 ? first.frame : Buffer.concat(frames)
  for (const connection of to) connection.deliver(publications, bytes)
}
