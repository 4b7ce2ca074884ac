/**
 * Whose a session is: the newest connection of its user that announced it, wherever in the cluster
 * that connection is. Pure but for the clock that is passed in.
 */

/**
 * A connection as every node knows it.
 *
 * - `id`: its name, unique in the cluster.
 * - `openedAt`: when it was opened, in milliseconds of the cluster's time. Of two, the later is the
 *   newer.
 * - `node`: the node that holds it.
 */
export interface Owner {
  readonly id: string
  readonly openedAt: number
  readonly node: string
}

/** An owner from the parts that travel between nodes. */
export const makeOwner = (node: string, openedAt: number): Owner => ({
  id: `${node}/${openedAt}`,
  openedAt,
  node
})

/** Whether the first was opened after the second; the same for every node that asks. */
export const isNewer = (one: Owner, other: Owner): boolean =>
  one.openedAt > other.openedAt || (one.openedAt === other.openedAt && one.node > other.node)

/**
 * The time of a cluster: that of its fastest clock, as far as this node has heard. Times that it
 * gives never repeat and never go back, so that of two connections to one node the order is exact,
 * and of two nodes as good as the time that a message takes between them.
 *
 * @example
 * const clock = new ClusterClock(Date.now)
 * clock.observe(1_900_000_000_000) // another node is ahead
 * clock.next() // from there on
 */
export class ClusterClock {
  readonly #wallClock: () => number
  #ahead = 0
  #last = 0

  /** @param wallClock milliseconds since 1970 */
  constructor(wallClock: () => number) {
    this.#wallClock = wallClock
  }

  /** Now, later than whatever it gave before. */
  next(): number {
    const last = this.#last
    this.#last = Math.max(this.now(), last + 1)
    return this.#last
  }

  /** Now, and no earlier than whatever it gave before. */
  now(): number {
    this.#last = Math.max(this.#wallClock() + this.#ahead, this.#last)
    return this.#last
  }

  /** Another node's time, as of now: whole milliseconds that a date can have. */
  observe(theirs: number): void {
    this.#ahead = Math.max(this.#ahead, theirs - this.#wallClock())
  }
}
