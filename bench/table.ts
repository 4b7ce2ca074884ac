/** Summaries as text: for a terminal, and for a page of Markdown. The same table for both. Pure. */
import type { Spread } from "./statistics.ts"
import type { Row, Summary, Table, Verdict } from "./summary.ts"

/** A number as tables show it. */
export const number = (value: number, digits: number) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })

const spread = (it: Spread | undefined, digits = 2): string => {
  if (it === undefined) return ""
  const { high, low, median } = it
  const [a, b, c] = [number(median, digits), number(low, digits), number(high, digits)]
  return b === c ? a : `${a} (${b} to ${c})`
}

const ratioOf = ({ ratio }: Row) => (ratio === undefined ? "" : `${spread(ratio)}x`)

/** Rows of a table, the first of them its head. */
export type Cells = ReadonlyArray<ReadonlyArray<string>>

const rowsOf = ({ baseline, columns, rows }: Table): Cells => {
  const hasRatio = baseline !== undefined
  return [
    [
      "scene",
      "",
      ...columns.map(({ label }) => label),
      ...(hasRatio ? [`against ${baseline}`] : [])
    ],
    ...rows.map((row, index) => [
      rows[index - 1]?.scene === row.scene ? "" : row.scene,
      row.contender,
      ...row.spreads.map((it, at) => spread(it, columns[at]?.digits)),
      ...(hasRatio ? [ratioOf(row)] : [])
    ])
  ]
}

const limitOf = ({ target: { digits = 2, limit, unit } }: Verdict): string =>
  "most" in limit
    ? `at most ${number(limit.most, digits)}${unit}`
    : `at least ${number(limit.least, digits)}${unit}`

const verdictsOf = (verdicts: ReadonlyArray<Verdict>): Cells => [
  ["", "target", "limit", "measured", ""],
  ...verdicts.map((verdict) => {
    const { isMet, spread: it, target } = verdict
    const measured =
      it === undefined ? "not measured" : `${spread(it, target.digits)}${target.unit}`
    return [target.id ?? "", target.says, limitOf(verdict), measured, isMet ? "met" : "MISSED"]
  })
]

/** A table in Markdown. */
export const aligned = (cells: Cells): string => {
  const widths = (cells[0] ?? []).map((_, at) =>
    Math.max(3, ...cells.map((row) => row[at]?.length ?? 0))
  )
  const line = (row: ReadonlyArray<string>) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`
  const [header = [], ...rest] = cells
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join(
    "\n"
  )
}

/** What a suite measured, as tables. */
export const measured = ({ tables }: Summary): string =>
  tables
    .map((table) =>
      [table.title, aligned(rowsOf(table))].filter((text) => text !== undefined).join("\n\n")
    )
    .join("\n\n")

/** Which targets are met, as a table; nothing where there are none. */
export const targets = (summaries: ReadonlyArray<Summary>): string => {
  const verdicts = summaries.flatMap((summary) => summary.verdicts)
  return verdicts.length === 0 ? "" : aligned(verdictsOf(verdicts))
}
