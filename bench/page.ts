/** Puts tables into a page of Markdown, where it has a place for them. Pure. */
import type { Block } from "./suite.ts"
import type { Summary } from "./summary.ts"
import { measured, targets } from "./table.ts"

/**
 * The page with a text between `<!-- bench:name -->` and `<!-- /bench:name -->`.
 *
 * @example
 * withBlock("<!-- bench:sum -->\n<!-- /bench:sum -->", { name: "sum", text: "4" })
 */
export const withBlock = (page: string, { name, text }: Block): string => {
  const opening = `<!-- bench:${name} -->`
  const closing = `<!-- /bench:${name} -->`
  const from = page.indexOf(opening)
  const to = page.indexOf(closing)
  if (from === -1 || to < from) throw new Error(`the page has no place for the tables of ${name}`)
  return `${page.slice(0, from)}${opening}\n\n${text}\n\n${page.slice(to)}`
}

/** The page with the tables of a suite, at the marks of its name. */
export const withTables = (page: string, summary: Summary): string => {
  const tables = [measured(summary), targets([summary])].filter((text) => text !== "")
  return withBlock(page, { name: summary.suite.name, text: tables.join("\n\n") })
}
