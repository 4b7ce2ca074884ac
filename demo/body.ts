/**
 * The body of the test document, and carets that wander through it.
 */
import type { Selection, SelectionPoint } from "../src/Location.ts"

/** A block of Portable Text with one span. */
const paragraph = (key: string, text: string, style = "normal") => ({
  _type: "block",
  _key: key,
  style,
  markDefs: [],
  children: [{ _type: "span", _key: `${key}-text`, text, marks: [] }]
})

/** Portable Text. */
export const body: ReadonlyArray<ReturnType<typeof paragraph>> = [
  paragraph("b1", "Before you go", "h4"),
  paragraph(
    "b2",
    "Arrive an hour before low tide and follow the water out. Start high on the rocks, where limpets and periwinkles wait for the sea, and work your way down to the anemones."
  ),
  paragraph("b3", "Turn a stone gently, and always turn it back.")
]

/** Where a caret may stand: before each word, and at the end of a block. */
const stops: ReadonlyArray<SelectionPoint> = body.flatMap(({ _key, children }) =>
  children.flatMap((span) =>
    Array.from(span.text.matchAll(/\b(?=\w)|$/g), ({ index }) => ({
      path: [{ _key }, "children", { _key: span._key }],
      offset: index
    }))
  )
)

/** The stops at which a selection begins and ends. */
export interface Caret {
  readonly from: number
  readonly to: number
}

/** How often a step selects the next words instead of going on, and how many. */
const selectChance = 0.25
const selectedWords = 4

const stop = (index: number): number => index % stops.length

/**
 * A caret somewhere.
 *
 * @param chance from 0 to 1, like `Math.random()`
 */
export const caretAnywhere = (chance: number): Caret => {
  const at = stop(Math.floor(chance * stops.length))
  return { from: at, to: at }
}

/**
 * One step of someone who reads and writes: a word further, or a few words selected.
 *
 * @param chance from 0 to 1, like `Math.random()`
 */
export const nextCaret = ({ to }: Caret, chance: number): Caret => {
  const next = stop(to + 1)
  return chance < selectChance
    ? { from: next, to: Math.min(next + selectedWords, stops.length - 1) }
    : { from: next, to: next }
}

/** A caret as presence carries it. */
export const selectionOf = ({ from, to }: Caret): Selection => {
  const anchor = stops[from]
  const focus = stops[to]
  return anchor === undefined || focus === undefined ? null : { anchor, focus }
}
