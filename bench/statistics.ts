/** What many measurements of one thing say. Pure. */

/** The middle one, and the extremes. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/**
 * The median and the extremes, or undefined of nothing.
 *
 * @example
 * spreadOf([3, 1, 2]) // { median: 2, low: 1, high: 3 }
 */
export const spreadOf = (values: ReadonlyArray<number>): Spread | undefined => {
  const sorted = values.toSorted((a, b) => a - b)
  const low = sorted.at(0)
  const high = sorted.at(-1)
  const above = sorted[Math.floor(sorted.length / 2)]
  const below = sorted[Math.ceil(sorted.length / 2) - 1]
  if (low === undefined || high === undefined || above === undefined || below === undefined) {
    return undefined
  }
  return { median: (below + above) / 2, low, high }
}

/**
 * The value that so much of all is at or below, by nearest rank.
 *
 * @param share from 0 to 1
 */
export const percentile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/**
 * How many of these times at most fall into any span of a length, wherever it begins.
 *
 * @example
 * mostWithin(1_000, [0, 900, 1_100]) // 2
 */
export const mostWithin = (span: number, times: ReadonlyArray<number>): number => {
  const sorted = times.toSorted((a, b) => a - b)
  let most = 0
  let first = 0
  for (const [index, at] of sorted.entries()) {
    while (at - (sorted[first] ?? at) >= span) first++
    most = Math.max(most, index - first + 1)
  }
  return most
}
