import type { Path, PathSegment } from "../../src/Location.ts"

/**
 * A path as a person reads it.
 *
 * @param keyLabels what array items are called, by their key
 *
 * @example
 * formatPath(["authors", { _key: "a1" }, "name"], new Map([["a1", "Ines Duarte"]]))
 * // "Authors › Ines Duarte › Name"
 */
export const formatPath = (path: Path, keyLabels: ReadonlyMap<string, string>): string =>
  path.map((segment) => formatSegment(segment, keyLabels)).join(" › ")

const formatSegment = (segment: PathSegment, keyLabels: ReadonlyMap<string, string>): string => {
  if (typeof segment === "string") return humanise(segment)
  if (typeof segment === "number") return `Item ${segment + 1}`
  if ("_key" in segment) return keyLabels.get(segment._key) ?? segment._key
  return `Items ${segment.join(" to ")}`
}

/** `callToAction` is "Call to action". */
const humanise = (name: string): string => {
  const words = name.replaceAll(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
