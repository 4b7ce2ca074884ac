/**
 * The pace of React: what it shows moves on at most once per animation frame, for all components in
 * the same one.
 */
import type { Pace } from "../StateSource.ts"

/** Milliseconds; in a page that nobody sees no frames are drawn, but a title may count people. */
const withoutFrame = 250

const waiting = new Set<() => void>()
let isScheduled = false

const hasFrames = () => typeof requestAnimationFrame !== "undefined"

const schedule = () => {
  if (isScheduled) return
  isScheduled = true
  const flush = () => {
    isScheduled = false
    clearTimeout(timer)
    if (frame !== undefined) cancelAnimationFrame(frame)
    const listeners = Array.from(waiting)
    waiting.clear()
    for (const listener of listeners) listener()
  }
  const timer = setTimeout(flush, withoutFrame)
  const frame = hasFrames() ? requestAnimationFrame(flush) : undefined
}

/**
 * Calls the listener in the next frame, once however often it is asked to.
 *
 * @example
 * const { cancel, request } = inFrame(() => console.log("something changed"))
 */
export const inFrame: Pace = (listener) => {
  const entry = () => listener()
  return {
    request: () => {
      waiting.add(entry)
      schedule()
    },
    cancel: () => {
      waiting.delete(entry)
    }
  }
}
