/**
 * What several nodes do so that each knows everyone in its rooms: each tells the others what its own
 * connections say. There is no shared store, and no node that matters more than another.
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { Backplane } from "./Backplane.ts"
import { monotonicNow } from "./Clock.ts"
import { type ClusterMessage, decodeMessage, encodeMessage, inPieces } from "./ClusterMessage.ts"
import type { OpenRoom } from "./OpenRoom.ts"
import { ClusterClock, makeOwner, type Owner } from "./Owner.ts"
import type { RelayCounts } from "./RelayCounts.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { Publication } from "./Publication.ts"
import { type RoomAddress, roomKey } from "./RoomAddress.ts"
import { SharedRoom } from "./SharedRoom.ts"

/** How often a node says that it is alive, in milliseconds. */
const aliveInterval = 1_000

/** A node that was silent for so long is dead, in milliseconds. */
const nodeTimeout = 5_000

/**
 * The time over which a node that is back tells its rooms, in milliseconds: all nodes are back at once
 * where the server between them was gone.
 */
const returnSpread = 500

/** What a node needs to take part. */
interface ClusterServices {
  readonly backplane: Backplane["Service"]
  readonly settings: Pick<RelaySettings, "nodeReturnGrace" | "returnGrace">
  readonly counts: RelayCounts
  /** Runs an effect until it is interrupted, or the node comes to its end. */
  readonly fork: (effect: Effect.Effect<never>) => Fiber.Fiber<never>
}

/** One node's place in the cluster. Made by {@link makeCluster}. */
export class Cluster {
  /** The name of this node. */
  readonly node = randomUUID()
  readonly #services: ClusterServices
  readonly #clock = new ClusterClock(Date.now)
  readonly #rooms = new Map<string, SharedRoom>()
  readonly #followers = new Map<string, Fiber.Fiber<never>>()
  /** When the other nodes were last heard, on the clock that never goes back. */
  readonly #heardAt = new Map<string, number>()
  #watchedAt = monotonicNow()

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
    const shared = new SharedRoom(address, room, this.#services.settings, {
      node: this.node,
      now: () => this.#clock.now(),
      tell: (topic, message) => this.#services.backplane.publish(topic, message)
    })
    this.#rooms.set(key, shared)
    this.#followers.set(key, this.#services.fork(this.#follow(shared)))
  }

  /** The room is closed here. */
  leave(address: RoomAddress): void {
    const key = roomKey(address)
    this.#rooms.get(key)?.close()
    this.#rooms.delete(key)
    this.#followers.get(key)?.interruptUnsafe()
    this.#followers.delete(key)
  }

  /** Tells the other nodes what the connections of this one have said. */
  share(address: RoomAddress, publications: ReadonlyArray<Publication>): void {
    this.#rooms.get(roomKey(address))?.share(publications)
  }

  /** Reads what another node has said, in a room or to the cluster. */
  hear(text: string, shared?: SharedRoom): void {
    const message = decodeMessage(text)
    if (message === undefined) {
      this.#services.counts.unreadable++
    } else if (message.node !== this.node) {
      this.#clock.observe(message.at)
      const isUnknown = !this.#heardAt.has(message.node)
      this.#heardAt.set(message.node, monotonicNow())
      this.#receive(message, shared)
      // It may have been given up while it was only slow: its sessions are gone here.
      if (isUnknown && message._tag !== "Leaving") this.#ask(message.node)
    }
  }

  /** Says that this node is alive, and gives up those that have said nothing for too long. */
  watch(): void {
    const now = monotonicNow()
    const sinceLast = now - this.#watchedAt
    this.#watchedAt = now
    if (this.#services.backplane.status()._tag === "Disconnected") return
    this.#tellAll({ _tag: "Alive", ...this.#self() })
    // What came while this node stood still has not been read yet, and while what carries it stands
    // still nothing comes.
    const stoodStill = Math.max(sinceLast, now - this.#services.backplane.heardAt())
    if (stoodStill > 2 * aliveInterval) this.#forgive()
    for (const [other, at] of this.#heardAt) {
      if (now - at > nodeTimeout) this.#giveUp(other)
    }
  }

  /**
   * The backplane is back: everyone's word is told once more, and asked for. Of whom nobody speaks
   * then is gone: a room may have closed elsewhere meanwhile.
   */
  reconnected(): void {
    this.#forgive()
    this.#tellAll({ _tag: "Back", ...this.#self() })
    for (const other of this.#heardAt.keys()) this.#doubt(other)
    for (const shared of this.#rooms.values()) shared.tellAndAskIn(Math.random() * returnSpread)
  }

  /** This node shuts down: its clients come back to others. */
  tellLeaving(): void {
    this.#tellAll({ _tag: "Leaving", ...this.#self() })
    for (const shared of this.#rooms.values()) shared.close()
  }

  #receive(message: ClusterMessage, shared: SharedRoom | undefined): void {
    switch (message._tag) {
      case "Events":
        return shared?.receiveEvents(message.node, message.entries)
      case "Table":
        return this.#rooms.get(roomKey(message.room))?.receiveTable(message)
      case "Sync":
        for (const room of message.rooms) this.#rooms.get(roomKey(room))?.answer(message.node)
        return
      case "Back":
        return this.#doubt(message.node)
      case "Leaving":
        this.#heardAt.delete(message.node)
        return this.#doubt(message.node)
      case "Alive":
        return
    }
  }

  #follow(shared: SharedRoom): Effect.Effect<never> {
    const topic = { _tag: "Room", room: shared.address } as const
    return this.#services.backplane
      .subscribe(topic, (text) => this.hear(text, shared))
      .pipe(
        Effect.andThen(Effect.sync(() => shared.tellAndAsk())),
        Effect.andThen(Effect.never),
        Effect.scoped
      )
  }

  /** Asks one node who is in the rooms of this one. */
  #ask(node: string): void {
    if (this.#rooms.size === 0) return
    const addresses = Array.from(this.#rooms.values(), ({ address }) => address)
    for (const rooms of inPieces(addresses)) {
      const sync = { _tag: "Sync", ...this.#self(), rooms } as const
      this.#services.backplane.publish({ _tag: "Node", node }, encodeMessage(sync))
    }
  }

  /** While nothing could be heard, nobody has died of silence. */
  #forgive(): void {
    for (const other of this.#heardAt.keys()) this.#heardAt.set(other, monotonicNow())
  }

  /** Its sessions are gone, but for those that are heard of until the grace is over. */
  #doubt(node: string): void {
    const { nodeReturnGrace } = this.#services.settings
    for (const shared of this.#rooms.values()) shared.endSessionsOf(node, nodeReturnGrace)
  }

  /** It is dead. */
  #giveUp(node: string): void {
    this.#heardAt.delete(node)
    const { returnGrace } = this.#services.settings
    for (const shared of this.#rooms.values()) shared.endSessionsOf(node, returnGrace)
  }

  #self(): { readonly node: string; readonly at: number } {
    return { node: this.node, at: this.#clock.now() }
  }

  #tellAll(message: ClusterMessage): void {
    this.#services.backplane.publish({ _tag: "Cluster" }, encodeMessage(message))
  }
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
  yield* Effect.addFinalizer(() => Effect.sync(() => cluster.tellLeaving()))
  return cluster
})
