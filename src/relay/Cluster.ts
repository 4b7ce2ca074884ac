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

/** This node's place in the cluster. */
export interface Cluster {
  /** The name of this node. */
  readonly node: string
  /** An owner for a connection that was opened now. */
  readonly newOwner: () => Owner
  /** The other nodes that are heard of. */
  readonly others: () => number
  /** A room opens here: from now on it hears what happens in it elsewhere. */
  readonly enter: (address: RoomAddress, room: OpenRoom) => void
  /** The room is closed here. */
  readonly leave: (address: RoomAddress) => void
  /** Tells the other nodes what the connections of this one have said. */
  readonly share: (address: RoomAddress, publications: ReadonlyArray<Publication>) => void
}

interface Shared {
  readonly address: RoomAddress
  readonly room: OpenRoom
  /** By node, the sessions that its table has not mentioned yet, while it is coming in. */
  readonly unconfirmed: Map<string, Set<SessionKey>>
}

const toEntry = ({ event, sender }: Publication): Entry => ({ openedAt: sender.openedAt, event })

/** Takes part in the cluster, from now until the scope closes. */
export const makeCluster = (
  backplane: Backplane["Service"],
  settings: Pick<RelaySettings, "nodeReturnGrace" | "returnGrace">,
  counts: RelayCounts
): Effect.Effect<Cluster, never, Scope.Scope> =>
  Effect.gen(function* () {
    const node = randomUUID()
    const clock = new ClusterClock(Date.now)
    const rooms = new Map<string, Shared>()
    const heardAt = new Map<string, number>()
    const fibers = new Map<string, Fiber.Fiber<never>>()
    const fork = yield* FiberSet.makeRuntime<never, never, never>()

    const self = () => ({ node, at: clock.now() })

    const publishTo = (address: RoomAddress, message: ClusterMessage): void =>
      backplane.publish({ _tag: "Room", room: address }, encodeMessage(message))

    const tableOf = ({ address, room }: Shared): ReadonlyArray<TablePiece> => {
      const pieces = inPieces(room.table.of(node).map(({ latest }) => toEntry(latest)))
      return pieces.map((entries, index) => ({
        _tag: "Table",
        ...self(),
        room: address,
        isFirst: index === 0,
        isLast: index === pieces.length - 1,
        entries
      }))
    }

    const receiveTable = (shared: Shared, piece: TablePiece): void => {
      const { room, unconfirmed } = shared
      if (piece.isFirst) {
        const sessions = room.table.of(piece.node)
        unconfirmed.set(piece.node, new Set(sessions.map(({ key }) => key)))
      }
      const missing = unconfirmed.get(piece.node)
      for (const { event, openedAt } of piece.entries) {
        if (event.type !== "state") continue
        missing?.delete(sessionKey(event.i, event.m.sessionId))
        const owner = makeOwner(piece.node, openedAt)
        const known = room.table.get(event.i, event.m.sessionId)
        // It has moved on; its new node tells where it is.
        if (known !== undefined && isNewer(known.owner, owner)) continue
        receiveEvents(room, piece.node, [{ openedAt, event }])
      }
      if (!piece.isLast || missing === undefined) return
      unconfirmed.delete(piece.node)
      room.endSessionsIn(missing)
    }

    const receive = (message: ClusterMessage, shared: Shared | undefined): void => {
      clock.observe(message.at)
      heardAt.set(message.node, monotonicNow())
      switch (message._tag) {
        case "Events":
          if (shared !== undefined) receiveEvents(shared.room, message.node, message.entries)
          return
        case "Table": {
          const named = rooms.get(roomKey(message.room))
          if (named !== undefined) receiveTable(named, message)
          return
        }
        case "Sync":
          for (const piece of shared === undefined ? [] : tableOf(shared)) {
            backplane.publish({ _tag: "Node", node: message.node }, encodeMessage(piece))
          }
          return
        case "Leaving":
          forget(message.node, settings.nodeReturnGrace)
          return
        case "Alive":
          return
      }
    }

    const hear = (text: string, shared?: Shared): void => {
      const message = decodeMessage(text)
      if (message === undefined) counts.unreadable++
      else if (message.node !== node) receive(message, shared)
    }

    const forget = (other: string, grace: number): void => {
      heardAt.delete(other)
      for (const { room } of rooms.values()) room.endSessionsOf(other, grace)
    }

    /** Tells the others what is here, and asks them. */
    const converge = (shared: Shared): void => {
      for (const piece of tableOf(shared)) publishTo(shared.address, piece)
      publishTo(shared.address, { _tag: "Sync", ...self() })
    }

    const follow = (shared: Shared) =>
      backplane
        .subscribe({ _tag: "Room", room: shared.address }, (text) => hear(text, shared))
        .pipe(
          Effect.andThen(Effect.sync(() => converge(shared))),
          Effect.andThen(Effect.never),
          Effect.scoped
        )

    yield* backplane.subscribe({ _tag: "Cluster" }, (text) => hear(text))
    yield* backplane.subscribe({ _tag: "Node", node }, (text) => hear(text))

    yield* backplane.onStatus(({ _tag }) => {
      if (_tag === "Disconnected") return
      // While nothing could be heard, nobody has died of silence.
      for (const other of heardAt.keys()) heardAt.set(other, monotonicNow())
      for (const shared of rooms.values()) converge(shared)
    })

    const watch = Effect.sync(() => {
      if (backplane.status()._tag === "Disconnected") return
      backplane.publish({ _tag: "Cluster" }, encodeMessage({ _tag: "Alive", ...self() }))
      const oldest = monotonicNow() - nodeTimeout
      for (const [other, at] of heardAt) {
        if (at < oldest) forget(other, settings.returnGrace)
      }
    })
    yield* watch.pipe(
      Effect.andThen(Effect.sleep(aliveInterval)),
      Effect.forever,
      Effect.forkScoped
    )
    yield* Effect.addFinalizer(() =>
      Effect.sync(() =>
        backplane.publish({ _tag: "Cluster" }, encodeMessage({ _tag: "Leaving", ...self() }))
      )
    )

    return {
      node,
      newOwner: () => makeOwner(node, clock.next()),
      others: () => heardAt.size,
      enter: (address, room) => {
        const key = roomKey(address)
        const shared: Shared = { address, room, unconfirmed: new Map() }
        rooms.set(key, shared)
        fibers.set(key, fork(follow(shared)))
      },
      leave: (address) => {
        const key = roomKey(address)
        rooms.delete(key)
        fibers.get(key)?.interruptUnsafe()
        fibers.delete(key)
      },
      share: (address, publications) => {
        const entries = publications.filter(({ sender }) => sender.node === node).map(toEntry)
        if (entries.length === 0) return
        for (const piece of inPieces(entries)) {
          publishTo(address, { _tag: "Events", ...self(), entries: piece })
        }
      }
    }
  })

const receiveEvents = (room: OpenRoom, node: string, entries: ReadonlyArray<Entry>): void => {
  const now = monotonicNow()
  const { table } = room
  room.publish(
    entries.flatMap(({ event, openedAt }) => {
      const sender = makeOwner(node, openedAt)
      switch (event.type) {
        case "state":
          return [table.announce(sender, event.i, event.m.sessionId, event.m.locations, now)]
        case "disconnect":
          return table.disconnect(sender, event.i, event.m.session, now) ?? []
        case "rollCall":
          return [table.rollCall(sender, event.i, event.session, now)]
      }
    })
  )
}
