/** The commands in the documentation are there to be run. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { commandNames, helpOf } from "../../scripts/docs/cliReferencePage.ts"
import { blocksOf, pages, read } from "./pages.ts"

const Manifest = Schema.fromJsonString(
  Schema.Struct({ scripts: Schema.Record(Schema.String, Schema.String) })
)
const { scripts } = Schema.decodeUnknownSync(Manifest)(read("package.json"))

interface Line {
  readonly place: string
  readonly text: string
}

/** Every command of every page: lines of blocks, and code within sentences. */
const lines: ReadonlyArray<Line> = pages.flatMap((page) => {
  const text = read(page)
  const blocks = blocksOf(page, text).filter(({ language }) => language === "sh")
  const inBlocks = blocks.flatMap(({ code, line }) =>
    code
      .replaceAll(/\\\n/g, "  ")
      .split("\n")
      .map((text, index) => ({ place: `${page}:${line + index}`, text }))
  )
  const inline = Array.from(text.matchAll(/`([^`\n]+)`/g), ([, text = ""]) => ({
    place: page,
    text
  }))
  return [...inBlocks, ...inline].filter(({ text }) => !text.startsWith("#"))
})

const unknownScripts = lines.flatMap(({ place, text }) =>
  Array.from(text.matchAll(/npm run ([\w:-]+)/g), ([, name = ""]) => name)
    .filter((name) => !(name in scripts))
    // Of the reader's own project, in examples.
    .filter((name) => !["translate", "dev", "build", "preview"].includes(name))
    .map((name) => `${place}: npm run ${name}`)
)

const invocation =
  /(?:(?<![\w-])sanity-presence|npm run cli --|npm run (relay) --) ?([a-z]*)((?: +[^|;&#`]+)?)/g

/** Flags of our own command in a line: nothing after `--`, which is another command. */
const invocationsIn = (text: string) =>
  Array.from(text.matchAll(invocation), ([, relay, name = "", rest = ""]) => ({
    name: relay ?? name,
    flags: (` ${name} ${rest}`.split(" -- ")[0] ?? "").match(/(?<= )--[a-z][a-z-]*/g) ?? []
  })).filter(({ name }) => name !== "")

describe("commands in the documentation", () => {
  it("of npm are scripts that there are", () => {
    assert.deepStrictEqual(unknownScripts, [])
  })

  it.live("of `sanity-presence` are there, with these flags", () =>
    Effect.gen(function* () {
      const names = yield* commandNames
      const wrong: Array<string> = []
      let count = 0
      for (const { place, text } of lines) {
        for (const { flags, name } of invocationsIn(text)) {
          count += 1
          if (!names.includes(name)) {
            wrong.push(`${place}: ${name}`)
            continue
          }
          const help = yield* helpOf([name])
          const known = [...help.flags, ...(help.globalFlags ?? [])].map(({ name }) => `--${name}`)
          wrong.push(
            ...flags.filter((flag) => !known.includes(flag)).map((flag) => `${place}: ${flag}`)
          )
        }
      }
      assert.deepStrictEqual(wrong, [])
      assert.isAbove(count, 20)
    })
  )
})
