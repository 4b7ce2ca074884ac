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

  /** True where it takes the place of an earlier word on the same session. */
  add(publication: Publication): boolean {
    // Deleted first, so that it stands where it belongs in the order of arrival.
    const isConflated = this.#waiting.delete(publication.key)
    this.#waiting.set(publication.key, publication)
    return isConflated
  }

  /** Gives, and forgets, what may be published at a time. */
  take(now: number): ReadonlyArray<Publication> {
    const due: Array<Publication> = []
    for (const publication of this.#waiting.values()) {
      if (publication.at > now) continue
      due.push(publication)
      this.#waiting.delete(publication.key)
    }
    return due
  }

  /** The earliest time at which there is something to take; undefined where nothing waits. */
  get nextAt(): number | undefined {
    let next: number | undefined
    for (const { at } of this.#waiting.values()) {
      if (next === undefined || at < next) next = at
    }
    return next
  }
}
