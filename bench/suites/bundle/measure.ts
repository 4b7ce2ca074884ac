/** Bundles an entry for a browser as an app's bundler would, and weighs it. */
import { deepStrictEqual, ok } from "node:assert/strict"
import { fileURLToPath } from "node:url"
import {
  type Bundle,
  appsOwn,
  bundle,
  bundleOfEffect,
  react
} from "../../../test/package/bundle.ts"
import type { Figures, Measure } from "../../suite.ts"
import { weigh } from "./weights.ts"

/** What a bundle for Node leaves to it. */
const nodesOwn = [/^node:/, /^@effect\/platform-node(\/|$)/]

/**
 * - `entry`: its path, from this folder.
 * - `holds`: a part of the path of a module that must be in the bundle.
 * - `isOfEffect`: only what the entry uses of Effect is bundled.
 * - `isOurs`: what is above that is measured too, and what each module weighs.
 * - `takesClient`: the bundle is also made with `@sanity/client` in it.
 */
export interface Input {
  readonly entry: string
  readonly holds: string
  readonly isOfEffect?: boolean
  readonly isOurs?: boolean
  readonly isForNode?: boolean
  readonly takesClient?: boolean
}

/** A bundle that lacks what it is made for is no measurement, nor one that holds what is left out. */
const verify = ({ chunks, modules }: Bundle, external: ReadonlyArray<RegExp>, holds: string) => {
  ok(
    chunks.some(({ exports }) => exports.length > 0),
    "it exports nothing"
  )
  ok(
    modules.some((id) => id.includes(holds)),
    `it holds no ${holds}`
  )
  const names = modules.map((id) => id.split("/node_modules/").at(-1) ?? id)
  deepStrictEqual(
    names.filter((name) => external.some((pattern) => pattern.test(name))),
    []
  )
}

const effectsOf = ({ modules }: Bundle) =>
  modules.filter((id) => id.includes("/node_modules/effect/")).toSorted()

const aboveEffect = async (
  input: string,
  whole: Bundle,
  external: ReadonlyArray<RegExp>
): Promise<Figures> => {
  const effect = await bundleOfEffect(input, external)
  deepStrictEqual(effectsOf(effect), effectsOf(whole))
  return { above: whole.kilobytes - effect.kilobytes }
}

const withClient = async (input: string): Promise<Figures> => {
  const whole = await bundle(input, react)
  verify(whole, react, "/@sanity/client/")
  return { withClient: whole.kilobytes }
}

/** Kilobytes (1,000 bytes). */
export const measure: Measure<Input> = async ({
  entry,
  holds,
  isForNode = false,
  isOfEffect = false,
  isOurs = false,
  takesClient = false
}) => {
  const input = fileURLToPath(new URL(entry, import.meta.url))
  const isClient = entry.endsWith("/sanityClient.ts")
  const external = isClient ? react : isForNode ? [...appsOwn, ...nodesOwn] : appsOwn
  const whole = await (isOfEffect ? bundleOfEffect : bundle)(input, external)
  verify(whole, external, holds)
  return {
    gzipped: whole.kilobytes,
    minified: whole.minified,
    ...(isOurs ? await aboveEffect(input, whole, external) : {}),
    ...(isOurs ? weigh(whole.chunks) : {}),
    ...(takesClient ? await withClient(input) : {})
  }
}
