/**
 * Selections between presence and an editor of Portable Text, `@portabletext/editor` for instance, by
 * their shapes alone. The other way needs no help: what such an editor selects is a {@link Selection}.
 */
import { isSameSegment, type PathSegment, type Selection, type SelectionPoint } from "./Location.ts"
import { type SanityPath, toSanityPath } from "./SanityPath.ts"

/** One end of an {@link EditorSelection}, in arrays that the editor may change. */
export interface EditorPoint {
  /** The way to the span, from the field. */
  path: SanityPath
  /** Characters from the beginning of the span. */
  offset: number
}

/**
 * A selection as an editor takes it; null is none.
 *
 * @example
 * const at: EditorSelection = toEditorSelection(selection)
 */
export type EditorSelection = {
  /** Where the selection began. */
  anchor: EditorPoint
  /** Where it ends: where the caret is. */
  focus: EditorPoint
  /** Whether the focus stands before the anchor. */
  backward?: boolean
} | null

/** A block of Portable Text, as far as it matters here. */
export interface TextBlock {
  /** By which selections name it. */
  readonly _key: string
  /** Its spans, where it is a block of text. */
  readonly children?: unknown
}

const toEditorPoint = ({ offset, path }: SelectionPoint): EditorPoint => ({
  path: toSanityPath(path),
  offset
})

/**
 * A copy that an editor takes. Someone else's may point at text that is not here, or not yet:
 * {@link fitSelection} sees to that.
 *
 * @example
 * editor.send({ type: "select", at: toEditorSelection(selection) })
 */
export const toEditorSelection = (selection: Selection): EditorSelection =>
  selection && {
    anchor: toEditorPoint(selection.anchor),
    focus: toEditorPoint(selection.focus),
    ...(selection.backward === undefined ? {} : { backward: selection.backward })
  }

const isSpan = (child: unknown): child is { readonly _key: string; readonly text: string } =>
  typeof child === "object" &&
  child !== null &&
  "_key" in child &&
  "text" in child &&
  typeof child._key === "string" &&
  typeof child.text === "string"

const find = <A>(
  items: ReadonlyArray<A>,
  segment: PathSegment | undefined,
  keyOf: (item: A) => string | undefined
): A | undefined => {
  if (typeof segment === "number") return items[segment]
  return items.find((item) => {
    const _key = keyOf(item)
    return _key !== undefined && segment !== undefined && isSameSegment({ _key }, segment)
  })
}

const fitPoint = (
  { offset, path }: SelectionPoint,
  blocks: ReadonlyArray<TextBlock>
): EditorPoint | undefined => {
  const [blockSegment, field, childSegment] = path
  const block = find(blocks, blockSegment, ({ _key }) => _key)
  const children: ReadonlyArray<unknown> = Array.isArray(block?.children) ? block.children : []
  const span = find(children, childSegment, (child) => (isSpan(child) ? child._key : undefined))
  if (block === undefined || !isSpan(span) || field !== "children" || path.length !== 3) {
    return undefined
  }
  return {
    path: [{ _key: block._key }, "children", { _key: span._key }],
    offset: Math.min(Math.max(0, Math.trunc(offset)), span.text.length)
  }
}

/**
 * Someone else's selection in the text as it is here, or null where it points at blocks or spans that
 * are not: others are ahead, or behind, or say anything. Offsets beyond a text are moved to its end.
 *
 * @param blocks the value of the field
 *
 * @example
 * const range = fitSelection(person.selection, value)
 * if (range !== null) decorations.push({ selection: range, component: Highlight })
 */
export const fitSelection = (
  selection: Selection | undefined,
  blocks: ReadonlyArray<TextBlock>
): EditorSelection => {
  if (selection == null) return null
  const anchor = fitPoint(selection.anchor, blocks)
  const focus = fitPoint(selection.focus, blocks)
  if (anchor === undefined || focus === undefined) return null
  return { anchor, focus, ...(selection.backward === true ? { backward: true } : {}) }
}
