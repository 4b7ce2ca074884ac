import { fileURLToPath } from "node:url"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { type Bundle, bundle, bundleOfEffect } from "./bundle.ts"

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Kilobytes, gzipped: what is reached, rounded up, so that nothing is added unnoticed. The targets are
 * 60 and 12. Of what is Effect's own, 40.8, Schema is 12; of what is above it, 22.7, the rules of the
 * connection and of the room are most, and sentences for people 1.3.
 */
const limit = 63.6
const limitAboveEffect = 22.7

/** What the components add, where they are used. */
const limitOfComponents = 1.5

describe("bundle size", () => {
  let sizes: Record<"effect" | "core" | "hooks" | "react" | "testing", Bundle>

  beforeAll(async () => {
    const [effect, core, hooks, react, testing] = await Promise.all([
      bundleOfEffect(fromHere("hooks.ts")),
      bundle(fromHere("../../src/index.ts")),
      bundle(fromHere("hooks.ts")),
      bundle(fromHere("../../src/react/index.ts")),
      bundle(fromHere("../../src/testing/index.ts"))
    ])
    sizes = { effect, core, hooks, react, testing }
    console.table(
      Object.entries(sizes).map(([entry, { kilobytes }]) => ({
        entry: entry === "effect" ? "what the hooks use of Effect" : entry,
        "kB gzipped": kilobytes.toFixed(1)
      }))
    )
  })

  it(`of the provider and the hooks is at most ${limit} kB with Effect`, () => {
    assert.isAtMost(sizes.hooks.kilobytes, limit)
  })

  it(`of the provider and the hooks is at most ${limitAboveEffect} kB above Effect's own`, () => {
    assert.isAtMost(sizes.hooks.kilobytes - sizes.effect.kilobytes, limitAboveEffect)
  })

  it(`of the components is at most ${limitOfComponents} kB, and nothing where they are not used`, () => {
    assert.isAtMost(sizes.react.kilobytes - sizes.hooks.kilobytes, limitOfComponents)
    const unused = sizes.hooks.modules.filter((id) => id.includes("/components/"))
    assert.deepStrictEqual(unused, [])
  })

  it("of Effect alone is of the same modules", () => {
    const effects = ({ modules }: Bundle) =>
      modules.filter((id) => id.includes("/effect/dist/")).toSorted()
    assert.deepStrictEqual(effects(sizes.effect), effects(sizes.hooks))
  })

  it("of a hook holds no relay, no command line, no test code and nothing of Node", () => {
    const foreign = sizes.react.modules.filter((id) =>
      /\/src\/(relay|cli|testing)\/|^node:|platform-node/.test(id)
    )
    assert.deepStrictEqual(foreign, [])
    assert.isAbove(sizes.react.modules.filter((id) => id.includes("/src/")).length, 20)
  })
})
