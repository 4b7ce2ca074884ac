/**
 * Which sessions are leaving, and when. No clock: the time comes in.
 */
import type { SessionKey } from "../Session.ts"

/**
 * The sessions whose connection is gone, with the time at which they are gone too.
 *
 * @example
 * departures.add(key, 1_000)
 * departures.take(1_000) // [key], unless it was deleted until then
 */
export class Departures {
  readonly #times = new Map<SessionKey, number>()
  #nextAt = Number.POSITIVE_INFINITY

  /** Of two times for a session, the earlier counts. */
  add(key: SessionKey, at: number): void {
    this.#times.set(key, Math.min(at, this.#times.get(key) ?? at))
    this.#nextAt = Math.min(this.#nextAt, at)
  }

  /** It stays after all, or is gone. */
  delete(key: SessionKey): void {
    this.#times.delete(key)
  }

  /** Gives, and forgets, those whose time has come. */
  take(now: number): ReadonlyArray<SessionKey> {
    if (now < this.#nextAt) return []
    const due: Array<SessionKey> = []
    this.#nextAt = Number.POSITIVE_INFINITY
    for (const [key, at] of this.#times) {
      if (at > now) {
        this.#nextAt = Math.min(this.#nextAt, at)
      } else {
        due.push(key)
        this.#times.delete(key)
      }
    }
    return due
  }

  /**
   * There is nothing to take before; undefined where nobody is leaving. The time of one that stays
   * still counts, until something is taken: it is asked for with every announce.
   */
  get nextAt(): number | undefined {
    return this.#times.size === 0 ? undefined : this.#nextAt
  }
}
