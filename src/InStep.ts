/**
 * Sources that move on together, at a pace: what is drawn between two steps shows one moment.
 */
import { type Listeners, listeners, nothing, subscribeAll, whenChanged } from "./Listeners.ts"
import type { StateSource } from "./StateSource.ts"

/**
 * Calls its listener some time after `request`, once however often it is asked to, unless `cancel` takes
 * that back. The next animation frame, for instance.
 */
export type Pace = (listener: () => void) => {
  readonly request: () => void
  readonly cancel: () => void
}

/** Sources that move on together. */
export interface InStep {
  /** A source as one of them. */
  readonly add: <A>(source: StateSource<A>) => StateSource<A>
  /**
   * Calls `listener` in the step after `follow` called it, and `first` in the first step: what it is
   * called for may have happened already, and not be shown yet. Until the returned function is called.
   */
  readonly watch: (
    follow: (notify: () => void) => () => void,
    listener: () => void,
    first?: () => void
  ) => () => void
}

/** Calls its listeners after the steps that changed what is shown. */
const followShown = (steps: Listeners, read: () => unknown): Listeners =>
  listeners((notify) => {
    let check = nothing
    const end = steps.subscribe(() => check())
    // After the subscription, which may itself have moved it on.
    check = whenChanged(read, notify)
    return end
  })

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
  const sources: Array<Pick<Listeners, "subscribe"> & { readonly move: () => void }> = []
  const waiting = new Set<() => void>()
  let isFollowed = false
  let request = nothing

  const move = () => {
    for (const source of sources) source.move()
  }
  const steps = listeners((notify) => {
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
    const end = subscribeAll(sources, request)
    return () => {
      isFollowed = false
      request = nothing
      end()
      paced.cancel()
    }
  })

  return {
    add: (source) => {
      let shown = source.getCurrent()
      sources.push({
        subscribe: source.subscribe,
        move: () => {
          shown = source.getCurrent()
        }
      })
      return {
        getCurrent: () => (isFollowed ? shown : source.getCurrent()),
        getInitial: source.getInitial,
        subscribe: followShown(steps, () => shown).subscribe
      }
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
