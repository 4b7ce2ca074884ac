/**
 * Tells React of changes at most once per animation frame, all components in the same one.
 */

/** Milliseconds; in a page that nobody sees no frames are drawn, but a title may count people. */
const withoutFrame = 250

const waiting = new Set<() => void>()
let isScheduled = false

const flush = () => {
  const listeners = Array.from(waiting)
  waiting.clear()
  for (const listener of listeners) listener()
}

const schedule = () => {
  if (isScheduled) return
  isScheduled = true
  const once = () => {
    if (!isScheduled) return
    isScheduled = false
    clearTimeout(timer)
    flush()
  }
  const timer = setTimeout(once, withoutFrame)
  if (typeof requestAnimationFrame !== "undefined") requestAnimationFrame(once)
}

/**
 * Calls the listener in the next frame, once however often it is asked to.
 *
 * @example
 * const { cancel, request } = inFrame(() => console.log("something changed"))
 */
export const inFrame = (listener: () => void) => {
  const entry = () => listener()
  return {
    request: () => {
      waiting.add(entry)
      schedule()
    },
    cancel: () => waiting.delete(entry)
  }
}
