/**
 * How much of the relay's time one may take. No clock: the time comes in.
 */

/**
 * What may be spent: so much in a second (`Infinity` where nobody ever waits), so much at once after a quiet
 * time; and the longest time, in milliseconds, for which who spends more is kept waiting.
 */
export interface Rate {
  readonly perSecond: number
  readonly atOnce: number
  readonly longestWait: number
}

/**
 * Allowances by the name of who has one. Spending is never refused: who has spent more than there was
 * waits until that has come in. Those who share an allowance wait one after another, not for the same
 * moment.
 *
 * @example
 * const allowances = new Allowances({ perSecond: 1_000, atOnce: 200, longestWait: 10_000 })
 * allowances.spend("p-ada", 300, 0) // 100: to be read again in 100 ms
 */
export class Allowances {
  readonly #rate: Rate
  /** When what was spent will have come in; none of those who have spent nothing for a time. */
  readonly #paidAt = new Map<string, number>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** How many are kept. */
  get size(): number {
    return this.#paidAt.size
  }

  /** How long to wait after spending so much, in milliseconds. */
  spend(name: string, amount: number, now: number): number {
    const { longestWait, perSecond } = this.#rate
    // Of such an allowance nothing is ever spent, and its parts are no numbers.
    if (perSecond === Infinity) return 0
    const whole = this.#whole(now)
    const paidAt = Math.max(this.#paidAt.get(name) ?? whole, whole) + (amount / perSecond) * 1_000
    const wait = Math.min(Math.max(0, paidAt - now), longestWait)
    this.#paidAt.set(name, Math.min(paidAt, now + longestWait))
    return wait
  }

  /** Forgets those that are whole again: each is as good as a new one. */
  prune(now: number): void {
    const whole = this.#whole(now)
    for (const [name, paidAt] of this.#paidAt) {
      if (paidAt <= whole) this.#paidAt.delete(name)
    }
  }

  /** Who has paid by then has nothing left to wait for: all that there is at once is there. */
  #whole(now: number): number {
    const { atOnce, perSecond } = this.#rate
    return now - (atOnce / perSecond) * 1_000
  }
}
