/** Puts tables into a page of Markdown, where it has a place for them. Pure. */
import type { Summary } from "./summary.ts"
import { measured, targets } from "./table.ts"

/**
 * The page with the tables of a suite between `<!-- bench:name -->` and `<!-- /bench:name -->`.
 *
 * @example
 * withTables("<!-- bench:start -->\n<!-- /bench:start -->", summary)
 */
export const withTables = (page: string, summary: Summary): string => {
  const { name } = summary.suite
  const opening = `<!-- bench:${name} -->`
  const closing = `<!-- /bench:${name} -->`
  const from = page.indexOf(opening)
  const to = page.indexOf(closing)
  if (from === -1 || to < from) throw new Error(`the page has no place for the tables of ${name}`)
  const tables = [measured(summary), targets([summary])].filter((text) => text !== "")
  return `${page.slice(0, from)}${opening}\n\n${tables.join("\n\n")}\n\n${page.slice(to)}`
}
