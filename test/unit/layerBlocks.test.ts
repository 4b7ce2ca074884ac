import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"

const root = join(import.meta.dirname, "..")

it("tests that share a layer have a name in common: else one that is tried again ends it for the others", () => {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  const nameless = files
    .filter((file) => /\.test\.tsx?$/.test(file))
    .filter((file) => /\blayer\([^;]*?\)\(\(it\) =>/.test(readFileSync(join(root, file), "utf8")))
  assert.deepStrictEqual(nameless, [])
})
