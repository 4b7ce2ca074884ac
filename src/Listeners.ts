/**
 * Listeners of a source, which is followed while there are any.
 */

/** What there is to do where nothing was begun, or followed. */
export const nothing = (): void => {}

/** A set of listeners that knows when it gets its first and loses its last. */
export interface Listeners {
  /** Adds a listener until the returned function is called. The same one may be added twice. */
  readonly subscribe: (listener: () => void) => () => void
  /** Calls all of them. */
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

/** Subscribes to all of these until the returned function is called. */
export const subscribeAll = (
  sources: ReadonlyArray<Pick<Listeners, "subscribe">>,
  listener: () => void
): (() => void) => {
  const ends = sources.map((source) => source.subscribe(listener))
  return () => ends.forEach((end) => end())
}

/** A function that calls the listener where `read` gives another value than it last did. */
export const whenChanged = (read: () => unknown, listener: () => void): (() => void) => {
  let last = read()
  return () => {
    const current = read()
    if (current === last) return
    last = current
    listener()
  }
}
