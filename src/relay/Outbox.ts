/**
 * What is still to be published in a room: for each session the latest word on it. No clock: the
 * time comes in.
 */
import type { Publication } from "./Publication.ts"

/**
 * Publications in the order in which they came, of each key the latest only.
 *
 * @example
 * outbox.add(publication)
 * outbox.take(now) // those whose time has come
 */
export class Outbox {
  readonly #waiting = new Map<string, { readonly publication: Publication; readonly at: number }>()
  #nextAt = Number.POSITIVE_INFINITY

  /** Gives the earlier word on the same session whose place it takes, where there is one. */
  add(publication: Publication): Publication | undefined {
    const { key } = publication
    const earlier = this.#waiting.get(key)
    // One that is due goes out as the newer one: who never stops would otherwise never be heard.
    const at = Math.min(publication.at, earlier?.at ?? publication.at)
    // Deleted first, so that it stands where it belongs in the order of arrival.
    this.#waiting.delete(key)
    this.#waiting.set(key, { publication, at })
    this.#nextAt = Math.min(this.#nextAt, at)
    return earlier?.publication
  }

  /** Gives, and forgets, what may be published at a time. */
  take(now: number): ReadonlyArray<Publication> {
    const due: Array<Publication> = []
    this.#nextAt = Number.POSITIVE_INFINITY
    for (const { at, publication } of this.#waiting.values()) {
      if (at > now) {
        this.#nextAt = Math.min(this.#nextAt, at)
      } else {
        due.push(publication)
        this.#waiting.delete(publication.key)
      }
    }
    return due
  }

  /**
   * The earliest time at which there is something to take; undefined where nothing waits.
   */
  get nextAt(): number | undefined {
    return this.#waiting.size === 0 ? undefined : this.#nextAt
  }
}
