/**
 * How fast a connection is read: so many requests in a second, and no more. Pure.
 */

/** The time in which requests are counted, in milliseconds. */
export const paceWindow = 1_000

/** A request counts once more for each so many characters, as a power of two: 4,096. */
const sizeShift = 12

/**
 * Counts within a second at a time. One number a connection, nothing a message: it is asked for each.
 *
 * @example
 * pace.admits(text.length, monotonicNow(), 500) // false where the rest has to wait for the next second
 */
export class Pace {
  #since = Number.NEGATIVE_INFINITY
  #count = 0

  /** Whether one more request of a length may be answered at a time, and counts it. */
  admits(length: number, now: number, most: number): boolean {
    if (now - this.#since >= paceWindow) {
      this.#since = now
      this.#count = 0
    }
    // As long as there is room for any, one of any length is taken: nothing waits for ever.
    if (this.#count >= most) return false
    this.#count += 1 + (length >>> sizeShift)
    return true
  }

  /** The time until the next second begins, in milliseconds. */
  rest(now: number): number {
    return Math.max(0, this.#since + paceWindow - now)
  }
}
