/**
 * Where a participant is: a document, a path within it, and a caret within that. The schemas here
 * are the wire format too; unknown fields are left out and never fail.
 */
import * as Schema from "effect/Schema"
import { type DocumentRef, resolve } from "./DocumentRef.ts"

/** The `_key` of an array item. */
export const KeyedSegment = Schema.Struct({ _key: Schema.String })

const TupleEnd = Schema.Union([Schema.Finite, Schema.Literal("")])

/** A range of array items, `[from, to]`; an empty string leaves that end open. */
export const IndexTuple = Schema.Tuple([TupleEnd, TupleEnd])

/** One step of a {@link Path}: a field name, an array index, an item's key, or a range. */
export const PathSegment = Schema.Union([Schema.String, Schema.Finite, KeyedSegment, IndexTuple])
export type PathSegment = typeof PathSegment.Type

/**
 * The way from a document to a field, as Sanity writes it. Empty means the document itself.
 *
 * @example
 * const path: Path = ["body", { _key: "a1" }, "children", 0]
 */
export const Path = Schema.Array(PathSegment)
export type Path = typeof Path.Type

/** One end of a {@link Selection}. */
export const SelectionPoint = Schema.Struct({
  /** The way to a span, from the field. */
  path: Path,
  /** Characters from the beginning of the span. */
  offset: Schema.Finite
})
export type SelectionPoint = typeof SelectionPoint.Type

/**
 * A Portable Text caret or range; null means that the field has the focus but no caret.
 */
export const Selection = Schema.NullOr(
  Schema.Struct({
    /** Where the selection began. */
    anchor: SelectionPoint,
    /** Where it ends: where the caret is. */
    focus: SelectionPoint,
    /** Whether the focus stands before the anchor. */
    backward: Schema.optionalKey(Schema.Boolean)
  })
)
export type Selection = typeof Selection.Type

/**
 * Somewhere a participant is.
 *
 * @example
 * const location: Location = {
 *   type: "document",
 *   documentId: "drafts.book",
 *   path: ["title"],
 *   lastActiveAt: "2026-11-24T10:00:00.000Z"
 * }
 */
export const Location = Schema.Struct({
  /** The only kind of place that there is so far. */
  type: Schema.Literal("document"),
  /** The exact id being edited: `drafts.<id>`, `<id>` or `versions.<release>.<id>`. */
  documentId: Schema.String,
  /** The field; empty means the document itself. */
  path: Path,
  /** ISO 8601 on the sender's clock: for display only, never for expiry. */
  lastActiveAt: Schema.String,
  /** The caret; absent outside Portable Text fields. */
  selection: Schema.optionalKey(Selection)
})
export type Location = typeof Location.Type

/**
 * Where this session says it is; the rest of a {@link Location} is filled in when it is reported.
 *
 * @example
 * const here: ReportedLocation = { documentId: "book", path: ["title"] } // in its draft
 */
export interface ReportedLocation extends DocumentRef {
  /** The field. The document as a whole unless given. */
  readonly path?: Path | undefined
  /** The caret within a Portable Text field; null where it has the focus but no caret. */
  readonly selection?: Selection | undefined
}

/**
 * Completes a reported location, with the exact id of the document that is meant; one that Sanity
 * does not allow stays as it is.
 *
 * @param lastActiveAt ISO 8601.
 */
export const fromReported = (reported: ReportedLocation, lastActiveAt: string): Location => ({
  type: "document",
  documentId: resolve(reported) ?? reported.documentId,
  path: reported.path ?? [],
  lastActiveAt,
  ...(reported.selection === undefined ? {} : { selection: reported.selection })
})

// Compared by hand: this runs once per received frame, where an equivalence derived from the
// schema takes about twenty times as long.

/** Whether two segments are the same by value; keyed segments compare by key. */
export const isSameSegment = (a: PathSegment, b: PathSegment): boolean => {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object") return false
  if ("_key" in a) return "_key" in b && a._key === b._key
  return !("_key" in b) && a[0] === b[0] && a[1] === b[1]
}

/**
 * Whether two paths are the same by value.
 *
 * @example
 * isSamePath(["authors", { _key: "a1" }], ["authors", { _key: "a1" }]) // true
 */
export const isSamePath = (a: Path, b: Path): boolean => a === b || areSame(a, b, isSameSegment)

const isSamePoint = (a: SelectionPoint, b: SelectionPoint): boolean =>
  a.offset === b.offset && isSamePath(a.path, b.path)

/**
 * Whether a path is at or below another: the same field, or one within it.
 *
 * @example
 * isWithin(["authors", { _key: "a1" }, "name"], ["authors"]) // true
 */
export const isWithin = (path: Path, prefix: Path): boolean =>
  path.length >= prefix.length &&
  prefix.every((segment, index) => {
    const other = path[index]
    return other !== undefined && isSameSegment(segment, other)
  })

/** Whether two selections are the same by value. An absent one equals null: neither has a caret. */
export const isSameSelection = (a: Selection | undefined, b: Selection | undefined): boolean => {
  if (a === b) return true
  if (a == null || b == null) return a == b
  return (
    isSamePoint(a.anchor, b.anchor) &&
    isSamePoint(a.focus, b.focus) &&
    (a.backward ?? false) === (b.backward ?? false)
  )
}

/**
 * Whether two locations are the same place. `lastActiveAt` does not count: it changes with every
 * report, even where nothing moved.
 *
 * @example
 * isSameLocation(before, { ...before, lastActiveAt: new Date().toISOString() }) // true
 */
export const isSameLocation = (a: Location, b: Location): boolean =>
  a === b ||
  (a.documentId === b.documentId &&
    isSamePath(a.path, b.path) &&
    isSameSelection(a.selection, b.selection))

/** Whether two lists of locations are the same places in the same order. */
export const isSameLocations = (a: ReadonlyArray<Location>, b: ReadonlyArray<Location>): boolean =>
  a === b || areSame(a, b, isSameLocation)

const areSame = <A>(
  a: ReadonlyArray<A>,
  b: ReadonlyArray<A>,
  isSame: (a: A, b: A) => boolean
): boolean => {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) {
    const one = a[index]
    const other = b[index]
    if (one === undefined || other === undefined || !isSame(one, other)) return false
  }
  return true
}

/** The most that a location may hold. */
export interface LocationLimits {
  /** Segments of a path. */
  readonly pathLength: number
  /** Characters of an id, a field name, a key or a time. */
  readonly stringLength: number
}

/**
 * Which limit a location is beyond: a path with too many segments, or a string with too many
 * characters. Undefined where it keeps to all.
 *
 * @example
 * beyond(location, { pathLength: 64, stringLength: 512 }) // undefined
 */
export const beyond = (
  { documentId, lastActiveAt, path, selection }: Location,
  limits: LocationLimits
): "path-length" | "string-length" | undefined => {
  const { stringLength } = limits
  if (documentId.length > stringLength || lastActiveAt.length > stringLength) return "string-length"
  if (selection == null) return pathBeyond(path, limits)
  return (
    pathBeyond(path, limits) ??
    pathBeyond(selection.anchor.path, limits) ??
    pathBeyond(selection.focus.path, limits)
  )
}

const pathBeyond = (path: Path, { pathLength, stringLength }: LocationLimits) => {
  if (path.length > pathLength) return "path-length"
  for (const segment of path) {
    const text = typeof segment === "object" && "_key" in segment ? segment._key : segment
    if (typeof text === "string" && text.length > stringLength) return "string-length"
  }
  return undefined
}
