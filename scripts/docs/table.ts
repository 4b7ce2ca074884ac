/** Tables of Markdown, as the formatter would write them. */

export type Row = ReadonlyArray<string>

/** One with columns of even width; the first row is its head. */
export const table = (rows: ReadonlyArray<Row>): string => {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))
  const [head = [], ...body] = cells
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: Row): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |\n`
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("")
}

export const code = (text: string): string => `\`${text}\``

export const writtenBy = "This page is written by `npm run docs`.\n"
