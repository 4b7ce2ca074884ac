/**
 * The rooms that have anyone in them.
 */
import type { Connection } from "./Connection.ts"
import type { Cluster } from "./Cluster.ts"
import { OpenRoom, type OpenRoomServices } from "./OpenRoom.ts"
import { type RoomAddress, roomKey } from "./RoomAddress.ts"
import { Tally } from "./Tally.ts"

/** A room with its address. */
export interface AddressedRoom {
  readonly address: RoomAddress
  readonly room: OpenRoom
}

/**
 * The open rooms. A room opens with its first connection, and is forgotten when the last has left
 * and the time in which it might come back is over.
 *
 * @example
 * const room = rooms.enter({ _tag: "Dataset", project: "demo", dataset: "production" }, connection)
 */
export class Rooms {
  readonly #rooms = new Map<string, AddressedRoom>()
  readonly #held = new Tally()
  readonly #services: Omit<OpenRoomServices, "held" | "share" | "onEmpty">
  readonly #cluster: Cluster

  constructor(services: Omit<OpenRoomServices, "held" | "share" | "onEmpty">, cluster: Cluster) {
    this.#services = services
    this.#cluster = cluster
  }

  /** How many rooms are open. */
  get size(): number {
    return this.#rooms.size
  }

  /** How many connections are in a room. */
  population(address: RoomAddress): number {
    return this.#rooms.get(roomKey(address))?.room.connections.size ?? 0
  }

  has(address: RoomAddress): boolean {
    return this.#rooms.has(roomKey(address))
  }

  values(): Iterable<AddressedRoom> {
    return this.#rooms.values()
  }

  enter(address: RoomAddress, connection: Connection): OpenRoom {
    const room = this.#rooms.get(roomKey(address))?.room ?? this.#open(address)
    room.connections.add(connection)
    return room
  }

  /** Forgets the sessions that have fallen silent. */
  prune(now: number): void {
    for (const { room } of this.#rooms.values()) room.prune(now)
  }

  /** Nothing more is published. */
  close(): void {
    for (const { room } of this.#rooms.values()) room.close()
    this.#rooms.clear()
  }

  #open(address: RoomAddress): OpenRoom {
    const key = roomKey(address)
    const room = new OpenRoom({
      ...this.#services,
      held: this.#held,
      share: (publications) => this.#cluster.share(address, publications),
      onEmpty: () => {
        room.close()
        this.#rooms.delete(key)
        this.#cluster.leave(address)
      }
    })
    this.#rooms.set(key, { address, room })
    this.#cluster.enter(address, room)
    return room
  }
}
