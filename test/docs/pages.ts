/** The pages of the documentation, and the code in them. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "../..")

/** All pages that a reader is sent to, from the root of the repository. */
export const pages: ReadonlyArray<string> = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  "examples/README.md"
]

export interface CodeBlock {
  readonly page: string
  /** The line of its first line of code, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** What it needs to be a program, from a comment that readers don't see. */
  readonly prelude: string
}

const block =
  /(?:<!-- prelude\n(?<prelude>.*?)-->\n\s*)?^(?<indent> *)```(?<language>\w*)\n(?<code>.*?)^ *```$/gms

/**
 * The blocks of a page. One that is an excerpt has a comment right before it, which makes it whole:
 *
 * @example
 * <!-- prelude
 * declare const token: string
 * -->
 */
export const blocksOf = (page: string, text: string): ReadonlyArray<CodeBlock> =>
  Array.from(text.matchAll(block), (match) => {
    const { code = "", language = "", prelude = "" } = match.groups ?? {}
    const before = text.slice(0, match.index + match[0].lastIndexOf(code))
    return { page, line: before.split("\n").length, language, code, prelude }
  })

export const read = (page: string): string => readFileSync(join(root, page), "utf8")
