/** Calls that are made at most once per interval; the last one is always made. */
export interface Throttled<A> {
  /** Passes a value on now, or when `interval` milliseconds have gone by since the last one. */
  readonly send: (value: A, interval: number) => void
  /** Passes a value on now, in place of what waits; no interval begins with it. */
  readonly now: (value: A) => void
  /** Passes on nothing more of what waits. */
  readonly cancel: () => void
}

/**
 * @param send gets the values that are passed on
 *
 * @example
 * const { send } = throttled(console.log)
 * send("now", 1_000)
 * send("left out", 1_000)
 * send("a second later", 1_000)
 */
export const throttled = <A>(send: (value: A) => void): Throttled<A> => {
  let lastAt = Number.NEGATIVE_INFINITY
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    send: (value, interval) => {
      clearTimeout(timer)
      const pass = () => {
        lastAt = performance.now()
        send(value)
      }
      const wait = lastAt + interval - performance.now()
      if (wait <= 0) pass()
      else timer = setTimeout(pass, wait)
    },
    now: (value) => {
      clearTimeout(timer)
      lastAt = Number.NEGATIVE_INFINITY
      send(value)
    },
    cancel: () => clearTimeout(timer)
  }
}
