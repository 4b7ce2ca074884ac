/** Least squares in which no coefficient is below zero. Pure. */

/** A measured value, and how much there was of each of the things that make it up. */
export interface Equation {
  readonly amounts: ReadonlyArray<number>
  readonly value: number
}

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  a.reduce((sum, each, at) => sum + each * (b[at] ?? 0), 0)

/** Each equation counts by its relative error: a small value is as good a witness as a large one. */
const relative = ({ amounts, value }: Equation): Equation => ({
  amounts: amounts.map((amount) => amount / value),
  value: 1
})

/** Beyond that nothing changes any more. */
const rounds = 20_000

/**
 * The coefficients, none below zero, with which the squares of the relative errors are least. Values must
 * be above zero.
 *
 * Takes one coefficient after the other to where it is best while the others stay: with bounds of this
 * kind that ends at the one best place.
 *
 * @example
 * leastSquares([{ amounts: [1, 0], value: 2 }, { amounts: [1, 1], value: 5 }]) // about [2, 3]
 */
export const leastSquares = (equations: ReadonlyArray<Equation>): ReadonlyArray<number> => {
  const scaled = equations.map(relative)
  const size = scaled[0]?.amounts.length ?? 0
  const columns = Array.from({ length: size }, (_, at) =>
    scaled.map(({ amounts }) => amounts[at] ?? 0)
  )
  const values = scaled.map(({ value }) => value)
  const products = columns.map((a) => columns.map((b) => dot(a, b)))
  const goals = columns.map((column) => dot(column, values))
  const found = columns.map(() => 0)
  for (let round = 0; round < rounds; round++) {
    let change = 0
    for (const [at, row] of products.entries()) {
      const own = row[at] ?? 0
      if (own === 0) continue
      const before = found[at] ?? 0
      const next = Math.max(0, before + ((goals[at] ?? 0) - dot(row, found)) / own)
      change = Math.max(change, Math.abs(next - before) / (next || 1))
      found[at] = next
    }
    if (change < 1e-12) break
  }
  return found
}
