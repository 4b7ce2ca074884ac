/** How long a module takes to import, with all that it imports, in a process that has imported nothing. */
import type { Measure } from "../../suite.ts"

/**
 * - `specifier`: a package, or the URL of a file.
 * - `exports`: what it must have, where it has exports.
 */
export interface Input {
  readonly specifier: string
  readonly exports?: string
}

export const measure: Measure<Input> = async ({ exports, specifier }) => {
  const start = performance.now()
  const module: object = await import(specifier)
  const millis = performance.now() - start
  if (exports !== undefined && !(exports in module)) throw new Error(`it has no ${exports}`)
  return { millis }
}
