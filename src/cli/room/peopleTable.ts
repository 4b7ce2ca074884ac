/**
 * A table of who is where that fits a terminal of any width. Pure.
 */
import { fit, pad, widthOf } from "../terminal/printable.ts"
import { head, type Row } from "./people.ts"

const columns = ["user", "document", "field", "active"] as const
const gap = 2

/** Below this a column says nothing any more. */
const narrowest = { user: 10, document: 10, field: 8, active: 14 } as const

const total = (widths: ReadonlyArray<number>): number =>
  widths.reduce((sum, width) => sum + width, gap * (widths.length - 1))

/** The widths of the columns, the widest ones shrunk until they fit; undefined where they can't. */
const widthsOf = (
  rows: ReadonlyArray<Row>,
  available: number
): ReadonlyArray<number> | undefined => {
  const widths = columns.map((column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[column])), widthOf(head[column]))
  )
  const least = columns.map((column, index) => Math.min(narrowest[column], widths[index] ?? 0))
  if (total(least) > available) return undefined
  while (total(widths) > available) {
    const spare = widths.map((width, index) => width - (least[index] ?? 0))
    const widest = spare.indexOf(Math.max(...spare))
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

const line = (row: Row, widths: ReadonlyArray<number>): string =>
  columns
    .map((column, index) => {
      const width = widths[index] ?? 0
      return pad(fit(row[column], width), width)
    })
    .join(" ".repeat(gap))
    .trimEnd()

/** One below the other: a name, then the places. */
const stacked = (row: Row, available: number): ReadonlyArray<string> => {
  const lines = [row.document, row.field === "" ? "" : `  ${row.field}`]
  const active = row.active === "" ? "" : `  last active ${row.active}`
  const places = [...lines, active].filter((text) => text !== "").map((text) => `  ${text}`)
  return [row.user, ...places].filter((text) => text !== "").map((text) => fit(text, available))
}

/**
 * The lines of the table. The first is the head, unless there is no room for columns.
 *
 * @param available columns; infinity where nobody looks at a terminal
 */
export const tableLines = (
  rows: ReadonlyArray<Row>,
  available: number
): { readonly head: string | undefined; readonly lines: ReadonlyArray<string> } => {
  const widths = widthsOf(rows, available)
  return widths === undefined
    ? { head: undefined, lines: rows.flatMap((row) => stacked(row, available)) }
    : { head: line(head, widths), lines: rows.map((row) => line(row, widths)) }
}

/** How many there are, in words. */
export const countText = (count: number, one: string): string =>
  `${count} ${count === 1 ? one : `${one}s`}`
