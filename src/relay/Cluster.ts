/**
 * What several nodes do so that each knows everyone in its rooms: each tells the others what its own
 * connections say. There is no shared store, and no node that matters more than another.
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { sessionKey, type SessionKey } from "../Session.ts"
import type { Backplane } from "./Backplane.ts"
import { monotonicNow } from "./Clock.ts"
import {
  type ClusterMessage,
  decodeMessage,
  encodeMessage,
  type Entry,
  inPieces,
  type TablePiece
} from "./ClusterMessage.ts"
import type { OpenRoom } from "./OpenRoom.ts"
import { ClusterClock, isNewer, makeOwner, type Owner } from "./Owner.ts"
import type { RelayCounts } from "./RelayCounts.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { Publication } from "./Room.ts"
import { type RoomAddress, roomKey } from "./RoomAddress.ts"

/** How often a node says that it is alive, in milliseconds. */
const aliveInterval = 1_000

/** A node that was silent for so long is dead, in milliseconds. */
const nodeTimeout = 5_000

/** What a node needs to take part. */
interface ClusterServices {
  readonly backplane: Backplane["Service"]
  readonly settings: Pick<RelaySettings, "nodeReturnGrace" | "returnGrace">
  readonly counts: RelayCounts
  /** Runs an effect until it is interrupted, or the node comes to its end. */
  readonly fork: (effect: Effect.Effect<never>) => Fiber.Fiber<never>
}

/** A table that is coming in: the piece that is next, and the sessions that no piece has mentioned. */
interface IncomingTable {
  next: number
  readonly missing: Set<SessionKey>
}

/** A room that is open on this node. */
interface Shared {
  readonly address: RoomAddress
  readonly room: OpenRoom
  /** By node, how far its table has come in. */
  readonly incoming: Map<string, IncomingTable>
}

/**
 * One node's place in the cluster. Made by {@link makeCluster}.
 *
 * What a node publishes of a room is in order, so for its own sessions its word is final: others
 * apply it as it comes, and a table that it sends replaces what they knew of it.
 */
export class Cluster {
  /** The name of this node. */
  readonly node = randomUUID()
  readonly #services: ClusterServices
  readonly #clock = new ClusterClock(Date.now)
  readonly #rooms = new Map<string, Shared>()
  readonly #followers = new Map<string, Fiber.Fiber<never>>()
  /** When the other nodes were last heard, on the clock that never goes back. */
  readonly #heardAt = new Map<string, number>()
  /** Nodes that were given up, and may only have been slow. */
  readonly #givenUp = new Set<string>()

  constructor(services: ClusterServices) {
    this.#services = services
  }

  /** How many other nodes are heard of. */
  get others(): number {
    return this.#heardAt.size
  }

  /** An owner for a connection that was opened now. */
  newOwner(): Owner {
    return makeOwner(this.node, this.#clock.next())
  }

  /** A room opens here: from now on it hears what happens in it elsewhere. */
  enter(address: RoomAddress, room: OpenRoom): void {
    const key = roomKey(address)
    const shared: Shared = { address, room, incoming: new Map() }
    this.#rooms.set(key, shared)
    this.#followers.set(key, this.#services.fork(this.#follow(shared)))
  }

  /** The room is closed here. */
  leave(address: RoomAddress): void {
    const key = roomKey(address)
    this.#rooms.delete(key)
    this.#followers.get(key)?.interruptUnsafe()
    this.#followers.delete(key)
  }

  /** Tells the other nodes what the connections of this one have said. */
  share(address: RoomAddress, publications: ReadonlyArray<Publication>): void {
    const entries = publications.filter(({ sender }) => sender.node === this.node).map(toEntry)
    if (entries.length === 0) return
    for (const piece of inPieces(entries)) {
      this.#tellRoom(address, { _tag: "Events", ...this.#self(), entries: piece })
    }
  }

  /** Reads what another node has said, in a room or to the cluster. */
  hear(text: string, shared?: Shared): void {
    const message = decodeMessage(text)
    if (message === undefined) {
      this.#services.counts.unreadable++
    } else if (message.node !== this.node) {
      this.#clock.observe(message.at)
      this.#heardAt.set(message.node, monotonicNow())
      this.#receive(message, shared)
      // Its sessions are gone here: it is asked for them.
      if (this.#givenUp.delete(message.node)) this.reconnected()
    }
  }

  /** Says that this node is alive, and gives up those that have said nothing for too long. */
  watch(): void {
    if (this.#services.backplane.status()._tag === "Disconnected") return
    this.#tellAll({ _tag: "Alive", ...this.#self() })
    const oldest = monotonicNow() - nodeTimeout
    for (const [other, at] of this.#heardAt) {
      if (at >= oldest) continue
      this.#forget(other, this.#services.settings.returnGrace)
      this.#givenUp.add(other)
    }
  }

  /** The backplane is back: everyone's word is told once more, and asked for. */
  reconnected(): void {
    // While nothing could be heard, nobody has died of silence.
    for (const other of this.#heardAt.keys()) this.#heardAt.set(other, monotonicNow())
    for (const shared of this.#rooms.values()) this.#converge(shared)
  }

  /** This node shuts down: its clients come back to others. */
  sayGoodbye(): void {
    this.#tellAll({ _tag: "Leaving", ...this.#self() })
  }

  #receive(message: ClusterMessage, shared: Shared | undefined): void {
    switch (message._tag) {
      case "Events":
        if (shared !== undefined) receiveEvents(shared.room, message.node, message.entries)
        return
      case "Table":
        return this.#receiveTable(message)
      case "Sync":
        for (const piece of shared === undefined ? [] : this.#tableOf(shared)) {
          const topic = { _tag: "Node", node: message.node } as const
          this.#services.backplane.publish(topic, encodeMessage(piece))
        }
        return
      case "Leaving":
        return this.#forget(message.node, this.#services.settings.nodeReturnGrace)
      case "Alive":
        return
    }
  }

  #receiveTable({ count, entries, index, node, room: address }: TablePiece): void {
    const shared = this.#rooms.get(roomKey(address))
    if (shared === undefined) return
    const { incoming, room } = shared
    if (index === 0) {
      incoming.set(node, { next: 0, missing: new Set(room.table.of(node).map(({ key }) => key)) })
    }
    const table = incoming.get(node)
    // A piece was lost: of those that it held nobody knows whether they are gone.
    if (table?.next !== index) incoming.delete(node)
    else table.next++
    for (const entry of entries) {
      const { event } = entry
      if (event.type !== "state") continue
      table?.missing.delete(sessionKey(event.i, event.m.sessionId))
      const known = room.table.get(event.i, event.m.sessionId)
      // One that has moved on is told of by its new node.
      if (known !== undefined && isNewer(known.owner, makeOwner(node, entry.openedAt))) continue
      receiveEvents(room, node, [entry])
    }
    if (table?.next !== count) return
    incoming.delete(node)
    room.endSessionsIn(table.missing, node)
  }

  #follow(shared: Shared): Effect.Effect<never> {
    const topic = { _tag: "Room", room: shared.address } as const
    return this.#services.backplane
      .subscribe(topic, (text) => this.hear(text, shared))
      .pipe(
        Effect.andThen(Effect.sync(() => this.#converge(shared))),
        Effect.andThen(Effect.never),
        Effect.scoped
      )
  }

  /** Tells the others what is here, and asks them. */
  #converge(shared: Shared): void {
    for (const piece of this.#tableOf(shared)) this.#tellRoom(shared.address, piece)
    this.#tellRoom(shared.address, { _tag: "Sync", ...this.#self() })
  }

  #tableOf({ address, room }: Shared): ReadonlyArray<TablePiece> {
    const pieces = inPieces(
      room.table.of(this.node).map(({ latest, owner }) => ({
        openedAt: owner.openedAt,
        event: latest.event
      }))
    )
    return pieces.map((entries, index) => ({
      _tag: "Table",
      ...this.#self(),
      room: address,
      index,
      count: pieces.length,
      entries
    }))
  }

  #forget(node: string, grace: number): void {
    this.#heardAt.delete(node)
    for (const { room } of this.#rooms.values()) room.endSessionsOf(node, grace)
  }

  #self(): { readonly node: string; readonly at: number } {
    return { node: this.node, at: this.#clock.now() }
  }

  #tellRoom(room: RoomAddress, message: ClusterMessage): void {
    this.#services.backplane.publish({ _tag: "Room", room }, encodeMessage(message))
  }

  #tellAll(message: ClusterMessage): void {
    this.#services.backplane.publish({ _tag: "Cluster" }, encodeMessage(message))
  }
}

const toEntry = ({ event, sender }: Publication): Entry => ({ openedAt: sender.openedAt, event })

const receiveEvents = (room: OpenRoom, node: string, entries: ReadonlyArray<Entry>): void => {
  const now = monotonicNow()
  const { table } = room
  const publications = entries.flatMap(({ event, openedAt }) => {
    const sender = makeOwner(node, openedAt)
    switch (event.type) {
      case "state":
        return table.announce(sender, event.i, event.m.sessionId, event.m.locations, now)
      case "disconnect":
        return table.disconnect(sender, event.i, event.m.session, now)
      case "rollCall":
        return table.rollCall(sender, event.i, event.session, now)
    }
  })
  room.publish(publications)
}

/** Takes part in the cluster, from now until the scope closes. */
export const makeCluster = Effect.fnUntraced(function* (
  services: Omit<ClusterServices, "fork">
): Effect.fn.Return<Cluster, never, Scope.Scope> {
  const { backplane } = services
  const cluster = new Cluster({
    ...services,
    fork: yield* FiberSet.makeRuntime<never, never, never>()
  })
  yield* backplane.subscribe({ _tag: "Cluster" }, (text) => cluster.hear(text))
  yield* backplane.subscribe({ _tag: "Node", node: cluster.node }, (text) => cluster.hear(text))
  yield* backplane.onStatus(({ _tag }) => {
    if (_tag === "Connected") cluster.reconnected()
  })
  yield* Effect.sync(() => cluster.watch()).pipe(
    Effect.andThen(Effect.sleep(aliveInterval)),
    Effect.forever,
    Effect.forkScoped
  )
  yield* Effect.addFinalizer(() => Effect.sync(() => cluster.sayGoodbye()))
  return cluster
})
