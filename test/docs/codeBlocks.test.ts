/** The code in the documentation is code that works. */
import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { blocksOf, type CodeBlock, pages, read, root } from "./pages.ts"

const blocks = pages.flatMap((page) => blocksOf(page, read(page)))
const inLanguages = (...languages: ReadonlyArray<string>) =>
  blocks.filter(({ language }) => languages.includes(language))

/** Within the project, so that packages are found. */
const scratch = join(root, ".docs-check")

const entry = (name: string) => [`../src/${name}index.ts`]
const tsconfig = {
  extends: "../tsconfig.json",
  compilerOptions: {
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: {
      "effect-sanity-presence": entry(""),
      "effect-sanity-presence/react": entry("react/"),
      "effect-sanity-presence/relay": entry("relay/"),
      "effect-sanity-presence/testing": entry("testing/")
    }
  }
}

const nameOf = ({ language, line, page }: CodeBlock): string =>
  `${page.replaceAll(/\W/g, "_")}_${line}.${language}`

/** What the compiler says of the blocks, at the lines of their pages. */
const typeErrors = (programs: ReadonlyArray<CodeBlock>): ReadonlyArray<string> => {
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch)
  writeFileSync(
    join(scratch, "tsconfig.json"),
    JSON.stringify({ ...tsconfig, files: programs.map(nameOf) })
  )
  for (const program of programs) {
    const { code, prelude } = program
    writeFileSync(join(scratch, nameOf(program)), `${prelude}${code}\nexport {}\n`)
  }
  try {
    execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", scratch, "--pretty", "false"], {
      cwd: scratch,
      encoding: "utf8"
    })
    return []
  } catch (error) {
    const printed = error instanceof Error && "stdout" in error ? String(error.stdout) : ""
    const errors = printed.split("\n").flatMap((text) => {
      const [, file, line, what] = /^(.+?)\((\d+),\d+\): (.*)$/.exec(text) ?? []
      const program = programs.find((program) => nameOf(program) === file)
      if (program === undefined) return text.startsWith(" ") || text === "" ? [] : [text]
      const prelude = program.prelude.split("\n").length - 1
      return [`${program.page}:${program.line + Number(line) - 1 - prelude}: ${what}`]
    })
    return errors.length > 0 ? errors : [String(error)]
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

describe("code in the documentation", () => {
  it("has a language that is checked, or is configuration of other programs", () => {
    const known = ["ts", "tsx", "sh", "json", "yaml", "nginx", "caddy", "mermaid", "text", "diff"]
    assert.deepStrictEqual(
      blocks.filter(({ language }) => !known.includes(language)).map(nameOf),
      []
    )
    assert.isAbove(inLanguages("ts", "tsx").length, 8)
  })

  it("in TypeScript has the types that it claims; what is wrong is told by page and line", () => {
    const wrong = blocksOf(
      "a.md",
      "text\n\n<!-- prelude\nconst a: number = 1\n-->\n\n```ts\n\na.b\n```\n"
    )
    assert.deepStrictEqual(typeErrors([...inLanguages("ts", "tsx"), ...wrong]), [
      "a.md:9: error TS2339: Property 'b' does not exist on type 'number'."
    ])
  })

  it("in JSON is JSON", () => {
    for (const { code, line, page } of inLanguages("json")) {
      assert.doesNotThrow(() => JSON.parse(code), `${page}:${line}`)
    }
  })
})
