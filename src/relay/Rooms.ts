/**
 * The open rooms, who is in them, and the fan-out of what they publish.
 */
import { randomUUID } from "node:crypto"
import { type Publication, Room } from "./Room.ts"
import { type RoomAddress, roomKey } from "./RoomAddress.ts"

/**
 * The sending side of a connection.
 *
 * - `send` writes a text frame within the call. It never waits and never throws: a connection that
 *   cannot take the frame ends alone.
 * - `close` says why, then ends the connection, with or without an answer from the other side.
 */
export interface Connection {
  readonly id: number
  readonly send: (frame: string) => void
  readonly close: (code: number, reason: string) => void
}

/** One room with the connections in it. Made by {@link Rooms}. */
export class OpenRoom {
  readonly table = new Room(randomUUID())
  readonly members = new Set<Connection>()
  readonly #subscriptions = new Map<Connection, number>()

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

  unsubscribeAll(connection: Connection): void {
    this.#subscriptions.delete(connection)
  }

  /** The fan-out, the one place where an event reaches many: serialised once, sent to each. */
  publish(publications: Iterable<Publication>): void {
    for (const { frame } of publications) {
      for (const subscriber of this.#subscriptions.keys()) subscriber.send(frame)
    }
  }
}

/**
 * The rooms that have anyone in them. A room opens with its first connection and is forgotten with
 * its last.
 *
 * @example
 * const rooms = new Rooms()
 * const room = rooms.enter({ _tag: "Dataset", project: "demo", dataset: "production" }, connection)
 */
export class Rooms {
  readonly #rooms = new Map<string, OpenRoom>()
  #isClosing = false

  /** Whether {@link close} was called: nobody may enter any more. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  /** Every open connection. */
  *connections(): Generator<Connection> {
    for (const room of this.#rooms.values()) yield* room.members
  }

  enter(address: RoomAddress, connection: Connection): OpenRoom {
    const key = roomKey(address)
    const room = this.#rooms.get(key) ?? new OpenRoom()
    this.#rooms.set(key, room)
    room.members.add(connection)
    return room
  }

  /** Takes a connection out of its room and ends the sessions that still belong to it. */
  leave(address: RoomAddress, connection: Connection): void {
    const key = roomKey(address)
    const room = this.#rooms.get(key)
    if (room === undefined || !room.members.delete(connection)) return
    room.unsubscribeAll(connection)
    if (room.members.size === 0) this.#rooms.delete(key)
    room.publish(room.table.leave(connection.id))
  }

  /** A sign of life to every connection. */
  heartbeat(frame: string): void {
    for (const connection of this.connections()) connection.send(frame)
  }

  /** Forgets the sessions that have fallen silent. */
  prune(now: number): void {
    for (const room of this.#rooms.values()) room.table.prune(now)
  }

  /**
   * Lets nobody enter any more and closes every connection, all before the first of them leaves:
   * nobody is told that the others are gone, since all come back to the next relay.
   */
  close(code: number, reason: string): void {
    this.#isClosing = true
    for (const connection of Array.from(this.connections())) connection.close(code, reason)
  }
}
