/**
 * When the tokens of open connections are checked again. No clock: the time comes in.
 */
import type { Member } from "./Member.ts"

/** What is known of a connection whose token is to be checked again. */
type Checked = Pick<Member, "credential">

/** The least time between two looks at who is due, in milliseconds. */
const shortestInterval = 100

/**
 * Parts of the time for which an answer may be relied on: when it is due again, and begun at the latest.
 * The rest is for the answer: 11 of the 30 s of the auth of Sanity, which gives up after 10 s.
 */
const due = 1 / 2
const latest = 5 / 8

/** The time between two looks, and until one that could not be decided is tried again. */
const interval = 1 / 32
const retry = 1 / 4

/**
 * Spreads the checks of many tokens over the time that is left for them, the oldest first. None waits for
 * another: how many are under way is as many as that takes.
 *
 * @example
 * const rechecks = new Rechecks(60_000)
 * for (const member of rechecks.begin(members, now)) check(member) // and tells `end` of it
 */
export class Rechecks<M extends Checked = Member> {
  readonly #timeToLive: number
  /** By member, when it may be begun again: never, while it is under way. */
  readonly #notBefore = new WeakMap<M, number>()

  /** @param timeToLive for how long an answer may be relied on, in milliseconds */
  constructor(timeToLive: number) {
    this.#timeToLive = timeToLive
  }

  /** The time between two looks at who is due, in milliseconds. */
  get interval(): number {
    return Math.max(shortestInterval, this.#timeToLive * interval)
  }

  /** Those whose turn it is; each is under way until its {@link end}. */
  begin(members: Iterable<M>, now: number): ReadonlyArray<M> {
    const waiting = Array.from(members)
      .flatMap((member) => {
        const { credential } = member
        if (credential === undefined || (this.#notBefore.get(member) ?? now) > now) return []
        const age = now - credential.checkedAt
        return age < this.#timeToLive * due ? [] : [{ member, age }]
      })
      .toSorted((one, other) => other.age - one.age)
    const [oldest] = waiting
    if (oldest === undefined) return []
    const looksLeft = Math.ceil((this.#timeToLive * latest - oldest.age) / this.interval)
    const count = Math.ceil(waiting.length / Math.max(1, looksLeft))
    const begun = waiting.slice(0, count).map(({ member }) => member)
    for (const member of begun) this.#notBefore.set(member, Infinity)
    return begun
  }

  /** A check is over. One that could not be decided is tried again, though not at once. */
  end(member: M, isDecided: boolean, now: number): void {
    if (isDecided) this.#notBefore.delete(member)
    else this.#notBefore.set(member, now + this.#timeToLive * retry)
  }

  /** How many answers are relied on for longer than they may be. */
  overdue(members: Iterable<M>, now: number): number {
    let count = 0
    for (const { credential } of members) {
      if (credential !== undefined && now - credential.checkedAt > this.#timeToLive) count++
    }
    return count
  }
}
