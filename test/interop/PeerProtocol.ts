/**
 * What the tests and the peers' processes say to each other: a line of JSON each, commands in, what
 * the peer sees out.
 */
import * as Schema from "effect/Schema"

// Mutable, because the peers' own types are.
const TupleEnd = Schema.Union([Schema.Finite, Schema.Literal("")])
const Path = Schema.mutable(
  Schema.Array(
    Schema.Union([
      Schema.String,
      Schema.Finite,
      Schema.Struct({ _key: Schema.String }),
      Schema.mutable(Schema.Tuple([TupleEnd, TupleEnd]))
    ])
  )
)
const Point = Schema.Struct({ path: Path, offset: Schema.Finite })

/** A location as a peer reports it. Without a perspective, the draft. */
export const Place = Schema.Struct({
  documentId: Schema.String,
  path: Path,
  perspective: Schema.optionalKey(
    Schema.Union([Schema.Literal("published"), Schema.Struct({ releaseName: Schema.String })])
  ),
  selection: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({
        anchor: Point,
        focus: Point,
        backward: Schema.optionalKey(Schema.Boolean)
      })
    )
  )
})
export type Place = typeof Place.Type

/**
 * Makes a client in the room of a dataset, or of a canvas where there is one. `announceInterval` is
 * in milliseconds and for ours only.
 */
export const Join = Schema.Struct({
  type: Schema.Literal("join"),
  url: Schema.String,
  projectId: Schema.String,
  dataset: Schema.String,
  canvasId: Schema.optionalKey(Schema.String),
  token: Schema.String,
  announceInterval: Schema.optionalKey(Schema.Finite)
})
export type Join = typeof Join.Type

/** `watch` is for the SDK only: one document, and one path within it. */
export const Command = Schema.Union([
  Join,
  Schema.Struct({ type: Schema.Literal("report"), places: Schema.Array(Place) }),
  Schema.Struct({ type: Schema.Literal("watch"), documentId: Schema.String, path: Path }),
  Schema.Struct({ type: Schema.Literal("leave") })
])
export type Command = typeof Command.Type

/** Someone else as the peer's API shows them. Locations are as they came, nothing left out. */
export const Person = Schema.Struct({
  userId: Schema.String,
  displayName: Schema.String,
  sessionId: Schema.String,
  locations: Schema.Array(Schema.JsonObject)
})
export type Person = typeof Person.Type

/** Someone at one place of a watched document. */
export const DocumentPerson = Schema.Struct({
  userId: Schema.String,
  documentId: Schema.String,
  path: Path
})
export type DocumentPerson = typeof DocumentPerson.Type

/**
 * - `ready`: the process has started.
 * - `done`: a command was carried out.
 * - `people`: everyone else in the room.
 * - `event`: an event of the room as it came, from bifur-client only.
 * - `document`: who is in the watched document, and who of them at or below the watched path.
 */
export const Message = Schema.Union([
  Schema.Struct({ type: Schema.Literal("ready") }),
  Schema.Struct({ type: Schema.Literal("done") }),
  Schema.Struct({
    type: Schema.Literal("people"),
    people: Schema.Array(Person)
  }),
  Schema.Struct({ type: Schema.Literal("event"), event: Schema.JsonObject }),
  Schema.Struct({
    type: Schema.Literal("document"),
    all: Schema.Array(DocumentPerson),
    below: Schema.Array(DocumentPerson)
  })
])
export type Message = typeof Message.Type
