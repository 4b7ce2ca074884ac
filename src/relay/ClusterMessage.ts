/**
 * What the nodes of a cluster tell each other. Pure.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { BifurEvent } from "../bifur/BifurEvent.ts"

/** A time in whole milliseconds that a date can have: to each, 1 can be added. */
const Time = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8.64e15 }))

/** Who is speaking, and the time there. */
const from = { node: Schema.String, at: Time }

/** An event, and when the connection that it is from was opened, in the cluster's time. */
const Entry = Schema.Struct({ openedAt: Time, event: BifurEvent })
export type Entry = typeof Entry.Type

const DatasetAddress = Schema.Struct({
  _tag: Schema.Literal("Dataset"),
  project: Schema.String,
  dataset: Schema.String
})
const CanvasAddress = Schema.Struct({ _tag: Schema.Literal("Canvas"), canvas: Schema.String })
const Address = Schema.Union([DatasetAddress, CanvasAddress])

/** What happened in a room just now, in order. To the room. */
const Events = Schema.TaggedStruct("Events", { ...from, entries: Schema.Array(Entry) })

/** Asks for a node's part of the tables of rooms. To a room, of that room, or to a node. */
const Sync = Schema.TaggedStruct("Sync", { ...from, rooms: Schema.Array(Address) })

/**
 * A node's part of a room's table, in pieces: sessions of that node that are in none of them are
 * gone, once all pieces have come. To the room, or to the node that asked.
 */
const Table = Schema.TaggedStruct("Table", {
  ...from,
  room: Address,
  index: Schema.Int,
  count: Schema.Int,
  entries: Schema.Array(Entry)
})

/** The node is alive. To the cluster. */
const Alive = Schema.TaggedStruct("Alive", from)

/**
 * The node was cut off and is back: whom it knows is told next, and what else it said before may no
 * longer be true. To the cluster.
 */
const Back = Schema.TaggedStruct("Back", from)

/** The node is shutting down; its clients come back to other nodes. To the cluster. */
const Leaving = Schema.TaggedStruct("Leaving", from)

/** Anything that a node says. */
export const ClusterMessage = Schema.Union([Events, Sync, Table, Alive, Back, Leaving])
export type ClusterMessage = typeof ClusterMessage.Type

/** The pieces of a node's part of a room's table. */
export type TablePiece = typeof Table.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(ClusterMessage))

/** Undefined where it is no message of a cluster. */
export const decodeMessage = (text: string): ClusterMessage | undefined =>
  Option.getOrUndefined(decode(text))

/** A message as text. */
export const encodeMessage = (message: ClusterMessage): string => JSON.stringify(message)

/** An entry as text, of an event that is JSON already. */
export const encodeEntry = (openedAt: number, event: string): string =>
  `{"openedAt":${openedAt},"event":${event}}`

/** A message as text, of entries that are text already. */
export const encodeWithEntries = (
  message: Omit<typeof Events.Type, "entries"> | Omit<TablePiece, "entries">,
  entries: ReadonlyArray<string>
): string => `${JSON.stringify(message).slice(0, -1)},"entries":[${entries.join()}]}`

/** How much one message carries, in characters: a NATS server takes a megabyte. */
const pieceSize = 256 * 1024

/**
 * Cuts what is to be told into pieces that a message can carry: one at least, if only an empty one.
 * `lengthOf`: the characters of an item in the message.
 *
 * @example
 * inPieces([]) // [[]]
 */
export const inPieces = <A>(
  items: ReadonlyArray<A>,
  lengthOf = (item: A): number => JSON.stringify(item).length
): ReadonlyArray<ReadonlyArray<A>> => {
  const pieces: Array<Array<A>> = []
  let piece: Array<A> = []
  let size = 0
  for (const item of items) {
    const length = lengthOf(item)
    if (size > 0 && size + length > pieceSize) {
      pieces.push(piece)
      piece = []
      size = 0
    }
    piece.push(item)
    size += length
  }
  return [...pieces, piece]
}
