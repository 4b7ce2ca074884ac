/**
 * Paths as `@sanity/types` has them: the same, but in arrays that may be changed. The other way needs no
 * help: what is a `Path` there is one here.
 */
import type { Path, PathSegment } from "./Location.ts"

/** A path that `@sanity/types` takes for its `Path`. */
export type SanityPath = Array<string | number | { _key: string } | [number | "", number | ""]>

const copySegment = (segment: PathSegment): SanityPath[number] => {
  if (typeof segment !== "object") return segment
  return "_key" in segment ? { _key: segment._key } : [segment[0], segment[1]]
}

/**
 * A copy of a path for functions that are typed with `Path` of `@sanity/types`.
 *
 * @example
 * const patch = set("A title", toSanityPath(location.path))
 */
export const toSanityPath = (path: Path): SanityPath => path.map(copySegment)
