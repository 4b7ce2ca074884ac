import { assert, describe, it } from "@effect/vitest"
import type { Path as PathOfSanity } from "@sanity/types"
import { Path, toSanityPath } from "../../src/index.ts"

/** Types: a path of `@sanity/types` is one here as it is, and one from here is a copy there. */
export const from = (path: PathOfSanity): Path => path
export const to = (path: Path): PathOfSanity => toSanityPath(path)

describe("toSanityPath", () => {
  it.prop(
    "[Q3] copies any path, and whoever changes the copy changes nothing else",
    [Path],
    ([path]) => {
      const before = JSON.stringify(path)
      const copy = toSanityPath(path)
      assert.deepStrictEqual<unknown>(copy, path)
      for (const segment of copy) {
        if (Array.isArray(segment)) segment[0] = 99
        else if (typeof segment === "object") segment._key = "changed"
      }
      copy.push("more")
      assert.strictEqual(JSON.stringify(path), before)
    }
  )
})
