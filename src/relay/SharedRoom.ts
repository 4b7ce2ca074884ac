/**
 * A room that is open on this node and may be on others: what it tells them, and what it takes from
 * them.
 */
import { sessionKey, type SessionKey } from "../Session.ts"
import { monotonicNow } from "./Clock.ts"
import {
  encodeEntry,
  encodeMessage,
  encodeWithEntries,
  type Entry,
  inPieces,
  type TablePiece
} from "./ClusterMessage.ts"
import type { OpenRoom } from "./OpenRoom.ts"
import { isNewer, makeOwner } from "./Owner.ts"
import type { Publication } from "./Publication.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { RoomAddress } from "./RoomAddress.ts"
import type { Topic } from "./Topic.ts"

/** How this node speaks. */
export interface Voice {
  readonly node: string
  /** The cluster's time, in milliseconds. */
  readonly now: () => number
  /** Sends an encoded message. */
  readonly tell: (topic: Topic, message: string) => void
}

const lengthOf = ({ length }: string): number => length

/** A table that is coming in: the piece that is next, and the sessions that no piece has mentioned. */
interface IncomingTable {
  next: number
  readonly missing: Set<SessionKey>
}

/**
 * A room with the other nodes that may have it open too.
 *
 * What a node publishes of a room is in order, so for its own sessions its word is final: others
 * apply it as it comes, and a table that it sends replaces what they knew of it.
 *
 * @example
 * const shared = new SharedRoom(address, room, settings, voice)
 * shared.tellAndAsk() // everyone in it learns who is here, and says who is there
 */
export class SharedRoom {
  readonly address: RoomAddress
  readonly #room: OpenRoom
  readonly #settings: Pick<RelaySettings, "nodeReturnGrace">
  readonly #voice: Voice
  /** By node, how far its table has come in. */
  readonly #incoming = new Map<string, IncomingTable>()
  #tellTimer: NodeJS.Timeout | undefined

  constructor(
    address: RoomAddress,
    room: OpenRoom,
    settings: Pick<RelaySettings, "nodeReturnGrace">,
    voice: Voice
  ) {
    this.address = address
    this.#room = room
    this.#settings = settings
    this.#voice = voice
  }

  /** Tells the other nodes what the connections of this one have said. */
  share(publications: ReadonlyArray<Publication>): void {
    const entries = publications
      .filter(({ sender }) => sender.node === this.#voice.node)
      .map(({ sender, text }) => encodeEntry(sender.openedAt, text))
    if (entries.length === 0) return
    for (const piece of inPieces(entries, lengthOf)) {
      this.#tellAll(encodeWithEntries({ _tag: "Events", ...this.#from() }, piece))
    }
  }

  /** Tells the others who is here, and asks them who is there. */
  tellAndAsk(): void {
    clearTimeout(this.#tellTimer)
    this.#tellTimer = undefined
    this.#tellTable({ _tag: "Room", room: this.address })
    this.#tellAll(encodeMessage({ _tag: "Sync", ...this.#from(), rooms: [this.address] }))
  }

  /** The same after a time, in milliseconds. */
  tellAndAskIn(wait: number): void {
    this.#tellTimer ??= setTimeout(() => this.tellAndAsk(), wait)
  }

  /** A node asks who is here. */
  answer(node: string): void {
    // It will hear what everyone is about to be told.
    if (this.#tellTimer === undefined) this.#tellTable({ _tag: "Node", node })
  }

  /** What happened on another node. */
  receiveEvents(node: string, entries: ReadonlyArray<Entry>): void {
    const now = monotonicNow()
    const { table } = this.#room
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
    this.#room.publish(publications)
  }

  /** Who is on another node; the last piece ends those of it that no piece has mentioned. */
  receiveTable({ count, entries, index, node }: TablePiece): void {
    const { table: known } = this.#room
    if (index === 0) {
      this.#incoming.set(node, { next: 0, missing: new Set(known.of(node).map(({ key }) => key)) })
    }
    const table = this.#incoming.get(node)
    // A piece was lost: of those that it held nobody knows whether they are gone.
    if (table?.next !== index) this.#incoming.delete(node)
    else table.next++
    for (const entry of entries) {
      const { event } = entry
      if (event.type !== "state") continue
      table?.missing.delete(sessionKey(event.i, event.m.sessionId))
      const session = known.get(event.i, event.m.sessionId)
      // One that has moved on is told of by its new node.
      if (session !== undefined && isNewer(session.owner, makeOwner(node, entry.openedAt))) continue
      this.receiveEvents(node, [entry])
    }
    if (table?.next !== count) return
    this.#incoming.delete(node)
    // Some may have moved to a node that is still to tell.
    this.#room.endSessionsIn(table.missing, node, this.#settings.nodeReturnGrace)
  }

  /** Ends the sessions of a node after a time, in milliseconds, but for those that are heard of until then. */
  endSessionsOf(node: string, grace: number): void {
    this.#incoming.delete(node)
    this.#room.endSessionsOf(node, grace)
  }

  /** Nothing more is told. */
  close(): void {
    clearTimeout(this.#tellTimer)
  }

  #tellTable(topic: Topic): void {
    const pieces = inPieces(
      this.#room.table
        .of(this.#voice.node)
        .map(({ latest, owner }) => encodeEntry(owner.openedAt, latest.text)),
      lengthOf
    )
    for (const [index, entries] of pieces.entries()) {
      const count = pieces.length
      const room = this.address
      const table = { _tag: "Table", ...this.#from(), room, index, count } as const
      this.#voice.tell(topic, encodeWithEntries(table, entries))
    }
  }

  #tellAll(message: string): void {
    this.#voice.tell({ _tag: "Room", room: this.address }, message)
  }

  #from(): { readonly node: string; readonly at: number } {
    return { node: this.#voice.node, at: this.#voice.now() }
  }
}
