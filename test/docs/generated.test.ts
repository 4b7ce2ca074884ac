/** Pages that are made from the code say what the code says. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { commandNames, helpOf } from "../../scripts/docs/cliReferencePage.ts"
import { generatedPages } from "../../scripts/docs/pages.ts"
import { read } from "./pages.ts"

describe("pages made from the code", () => {
  it.live("are what the code makes of them now: `npm run docs` writes them anew", () =>
    Effect.gen(function* () {
      for (const [path, page] of yield* generatedPages) assert.strictEqual(read(path), page, path)
    })
  )

  it.live("name every command, and every flag of the relay in a group", () =>
    Effect.gen(function* () {
      const names = yield* commandNames
      assert.deepStrictEqual(
        Array.from(read("docs/cli-reference.md").matchAll(/^## ([a-z]+)$/gm), ([, name]) => name),
        [...names]
      )
      const { flags } = yield* helpOf(["relay"])
      const documented = read("docs/relay-options.md").match(/(?<=^\| `)--[a-z-]+/gm)
      assert.sameMembers(
        [...(documented ?? [])].filter((flag) => flag !== "--log-level"),
        flags.map(({ name }) => `--${name}`)
      )
    })
  )
})
