import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")

const rules = [
  ...readFileSync(join(root, "SPEC.md"), "utf8").matchAll(/^- \*\*([A-Z]\d+)\*\*/gm)
].map(([, rule]) => rule)

const cited = new Set(
  readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.test\.tsx?$/.test(file))
    .flatMap((file) => [
      ...readFileSync(join(root, "test", file), "utf8").matchAll(/\[([A-Z]\d+)\]/g)
    ])
    .map(([, rule]) => rule)
)

describe("SPEC.md", () => {
  it("numbers every rule once", () => {
    assert.deepStrictEqual(rules, [...new Set(rules)])
    assert.isAbove(rules.length, 20)
  })

  it("has a test for every rule", () => {
    assert.deepStrictEqual(
      rules.filter((rule) => !cited.has(rule)),
      []
    )
  })

  it("has every rule that a test names", () => {
    assert.deepStrictEqual(
      [...cited].filter((rule) => !rules.includes(rule)),
      []
    )
  })
})
