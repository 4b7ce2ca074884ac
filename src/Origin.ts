/**
 * Where the values of sources come from, as it comes and goes: sources outlive what they show.
 */
import { listeners, nothing } from "./Listeners.ts"
import type { StateSource } from "./StateSource.ts"

/** In place of a value that changed and that nobody has read yet. */
const unread = Symbol("unread")

/** How to read and follow a value of an origin. */
export interface Derivation<O, A> {
  /** The value before anything happened. */
  readonly initial: A
  /** The value now, with or without an origin; the identical one until it changes. */
  readonly read: (origin: O | undefined) => A
  /**
   * Calls `check` when the value may have changed, or `changed` when it has, as good as surely: that
   * saves reading it. Until the returned function is called.
   */
  readonly follow: (origin: O, check: () => void, changed: () => void) => () => void
}

/** Where values come from, as it comes and goes. */
export interface Origin<O> {
  /** Changes it, for all sources derived from it. */
  readonly set: (origin: O | undefined) => void
  /** A source of one of its values. Its subscribers are called only when that changed. */
  readonly derive: <A>(derivation: Derivation<O, A>) => StateSource<A>
}

/**
 * No origin yet.
 *
 * @param onSubscribed runs with the first subscriber of a derived source; what it returns runs after
 *   its last one
 */
export const makeOrigin = <O>(onSubscribed: () => () => void): Origin<O> => {
  let origin: O | undefined
  const sources = new Set<() => void>()
  return {
    set: (next) => {
      origin = next
      for (const refollow of Array.from(sources)) {
        // One that is told may end another.
        if (sources.has(refollow)) refollow()
      }
    },
    derive: ({ follow, initial, read }) => {
      // What the subscribers were last told of.
      let last: unknown
      const getCurrent = () => {
        const current = read(origin)
        if (last === unread) last = current
        return current
      }
      const { subscribe } = listeners((notify) => {
        const release = onSubscribed()
        last = getCurrent()
        const check = () => {
          const current = read(origin)
          if (current === last) return
          last = current
          notify()
        }
        const changed = () => {
          last = unread
          notify()
        }
        let unfollow = nothing
        const refollow = () => {
          unfollow()
          unfollow = origin === undefined ? nothing : follow(origin, check, changed)
          check()
        }
        sources.add(refollow)
        refollow()
        return () => {
          sources.delete(refollow)
          unfollow()
          release()
        }
      })
      return { getCurrent, subscribe, getInitial: () => initial }
    }
  }
}
