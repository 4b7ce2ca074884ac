/**
 * The bridge from a SubscriptionRef to readers that are not Effects: a current value, and a call
 * when it changes. What `useSyncExternalStore` takes.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"

/**
 * A value that changes.
 *
 * - `getCurrent` returns the identical value until it changes.
 * - `getInitial` returns the value before anything happened, always the identical one: what a server
 *   renders, and a browser while it hydrates.
 * - `subscribe` calls the listener after every change, never with the current value, until the
 *   returned function is called. Whatever a source needs to follow its value ends with the last
 *   subscriber.
 *
 * @example
 * const unsubscribe = source.subscribe(() => console.log(source.getCurrent()))
 */
export interface StateSource<out A> {
  readonly getCurrent: () => A
  readonly getInitial: () => A
  readonly subscribe: (listener: () => void) => () => void
}

const nothing = () => {}

/** In place of a value that changed and that nobody has read yet. */
const unread = Symbol("unread")

/** A set of listeners that knows when it gets its first and loses its last. */
export interface Listeners {
  readonly subscribe: StateSource<unknown>["subscribe"]
  readonly notify: () => void
}

/**
 * @param start runs with the first listener; what it returns runs after the last one has left
 */
export const listeners = (start: (notify: () => void) => () => void): Listeners => {
  const all = new Set<() => void>()
  let stop: (() => void) | undefined
  // A copy: a listener may subscribe or unsubscribe others.
  const notify = () => {
    for (const listener of Array.from(all)) {
      try {
        listener()
      } catch (error) {
        // It is the subscriber's own to hear of; the others are called, and the source goes on.
        setTimeout(() => {
          throw error
        })
      }
    }
  }
  return {
    notify,
    subscribe: (listener) => {
      // Wrapped, so that one function may subscribe twice.
      const entry = () => listener()
      all.add(entry)
      stop ??= start(notify)
      return () => {
        if (!all.delete(entry) || all.size > 0) return
        stop?.()
        stop = undefined
      }
    }
  }
}

/**
 * The value of a ref. One fiber follows it while anyone is subscribed.
 *
 * @example
 * const status = fromSubscriptionRef(presence.status)
 */
export const fromSubscriptionRef = <A>(ref: SubscriptionRef.SubscriptionRef<A>): StateSource<A> => {
  const getCurrent = () => SubscriptionRef.getUnsafe(ref)
  const { subscribe } = listeners((notify) => {
    let last = getCurrent()
    const fiber = Effect.runFork(
      SubscriptionRef.changes(ref).pipe(
        // Readers look at the newest value, so a slow one needs no queue.
        Stream.runForEachArray(() =>
          Effect.sync(() => {
            const current = getCurrent()
            if (current === last) return
            last = current
            notify()
          })
        )
      )
    )
    return () => fiber.interruptUnsafe()
  })
  const initial = getCurrent()
  return { getCurrent, subscribe, getInitial: () => initial }
}

/** A source computed from another. `f` runs once per value of it. */
export const map = <A, B>(source: StateSource<A>, f: (value: A) => B): StateSource<B> => {
  let input: A
  let output: { readonly value: B } | undefined
  const initial = f(source.getInitial())
  return {
    subscribe: source.subscribe,
    getInitial: () => initial,
    getCurrent: () => {
      const current = source.getCurrent()
      if (output === undefined || current !== input) {
        input = current
        output = { value: f(current) }
      }
      return output.value
    }
  }
}

/** A source computed from two others. `f` runs once per pair of values. */
export const zipWith = <A, B, C>(
  left: StateSource<A>,
  right: StateSource<B>,
  f: (left: A, right: B) => C
): StateSource<C> => {
  const { subscribe } = listeners((notify) => {
    const unsubscribes = [left.subscribe(notify), right.subscribe(notify)]
    return () => unsubscribes.forEach((unsubscribe) => unsubscribe())
  })
  let inputs: readonly [A, B] | undefined
  let output: { readonly value: C } | undefined
  const initial = f(left.getInitial(), right.getInitial())
  return {
    subscribe,
    getInitial: () => initial,
    getCurrent: () => {
      const a = left.getCurrent()
      const b = right.getCurrent()
      if (output === undefined || inputs?.[0] !== a || inputs[1] !== b) {
        inputs = [a, b]
        output = { value: f(a, b) }
      }
      return output.value
    }
  }
}

/**
 * Calls its listener some time after `request`, once however often it is asked to, unless `cancel` takes
 * that back. The next animation frame, for instance.
 */
export type Pace = (listener: () => void) => {
  readonly request: () => void
  readonly cancel: () => void
}

/**
 * Sources that move on together.
 *
 * - `add` is a source as one of them.
 * - `watch` calls its listener in the step after `follow` called it, and `first` in the first step: what
 *   it is called for may have happened already, and not be shown yet.
 */
export interface InStep {
  readonly add: <A>(source: StateSource<A>) => StateSource<A>
  readonly watch: (
    follow: (notify: () => void) => () => void,
    listener: () => void,
    first?: () => void
  ) => () => void
}

/**
 * Sources that move on together, at a pace, while anyone is subscribed to one of them: between two
 * steps all of them, and whatever is computed from them, show one moment. Whoever draws a part of the
 * screen before the step draws what the rest of it shows.
 *
 * @example
 * const { add } = inStep(inFrame)
 * const people = add(state)
 */
export const inStep = (pace: Pace): InStep => {
  const sources: Array<{ readonly move: () => void; readonly follow: Listeners["subscribe"] }> = []
  const waiting = new Set<() => void>()
  let isFollowed = false
  let request = nothing

  const steps = listeners((notify) => {
    const move = () => {
      for (const source of sources) source.move()
    }
    const paced = pace(() => {
      move()
      notify()
      const called = Array.from(waiting)
      waiting.clear()
      for (const listener of called) listener()
    })
    move()
    isFollowed = true
    request = paced.request
    const ends = sources.map(({ follow }) => follow(request))
    return () => {
      isFollowed = false
      request = nothing
      ends.forEach((end) => end())
      paced.cancel()
    }
  })

  return {
    add: (source) => {
      let shown = source.getCurrent()
      const getCurrent = () => (isFollowed ? shown : source.getCurrent())
      sources.push({
        follow: source.subscribe,
        move: () => {
          shown = source.getCurrent()
        }
      })
      const { subscribe } = listeners((notify) => {
        let last: unknown
        const end = steps.subscribe(() => {
          const isSame = last === shown
          last = shown
          if (!isSame) notify()
        })
        last = shown
        return end
      })
      return { getCurrent, subscribe, getInitial: source.getInitial }
    },
    watch: (follow, listener, first = listener) => {
      const entry = () => listener()
      const firstEntry = () => first()
      const end = follow(() => {
        waiting.add(entry)
        request()
      })
      waiting.add(firstEntry)
      return () => {
        end()
        waiting.delete(entry)
        waiting.delete(firstEntry)
      }
    }
  }
}

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

/**
 * Where values come from, as it comes and goes.
 *
 * - `set` changes it, for all sources derived from it.
 * - `derive` is a source of one of its values. Its subscribers are called only when that changed.
 */
export interface Origin<O> {
  readonly get: () => O | undefined
  readonly set: (origin: O | undefined) => void
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
    get: () => origin,
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

/** A source that never changes. */
export const constant = <A>(value: A): StateSource<A> => ({
  getCurrent: () => value,
  getInitial: () => value,
  subscribe: () => () => {}
})
