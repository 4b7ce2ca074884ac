/**
 * What is still to be published in a room: for each session the latest word on it. No clock: the
 * time comes in.
 */
import type { Publication } from "./Room.ts"

/**
 * Publications in the order in which they came, of each key the latest only.
 *
 * @example
 * outbox.add(publication)
 * outbox.take(now) // those whose time has come
 */
export class Outbox {
  readonly #waiting = new Map<string, Publication>()
  #nextAt = Number.POSITIVE_INFINITY

  /** True where it takes the place of an earlier word on the same session. */
  add(publication: Publication): boolean {
    // Deleted first, so that it stands where it belongs in the order of arrival.
    const isConflated = this.#waiting.delete(publication.key)
    this.#waiting.set(publication.key, publication)
    this.#nextAt = Math.min(this.#nextAt, publication.at)
    return isConflated
  }

  /** Gives, and forgets, what may be published at a time. */
  take(now: number): ReadonlyArray<Publication> {
    const due: Array<Publication> = []
    this.#nextAt = Number.POSITIVE_INFINITY
    for (const publication of this.#waiting.values()) {
      if (publication.at > now) {
        this.#nextAt = Math.min(this.#nextAt, publication.at)
      } else {
        due.push(publication)
        this.#waiting.delete(publication.key)
      }
    }
    return due
  }

  /**
   * There is nothing to take before; undefined where nothing waits. A time that was replaced by a
   * later one still counts, until something is taken: it is asked for with every announce.
   */
  get nextAt(): number | undefined {
    return this.#waiting.size === 0 ? undefined : this.#nextAt
  }
}
