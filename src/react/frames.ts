/**
 * The pace of React: what it shows moves on at most once per animation frame, all of it in the same one.
 */
import type { Pace } from "../InStep.ts"

/** Milliseconds; in a page that nobody sees no frames are drawn, but a title may count people. */
const withoutFrame = 250

/**
 * Calls the listener in the next frame, once however often it is asked to.
 *
 * @example
 * const { cancel, request } = inFrame(() => console.log("something changed"))
 */
export const inFrame: Pace = (listener) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let frame: number | undefined
  const cancel = () => {
    clearTimeout(timer)
    if (frame !== undefined) cancelAnimationFrame(frame)
    timer = undefined
    frame = undefined
  }
  const draw = () => {
    cancel()
    listener()
  }
  return {
    cancel,
    request: () => {
      if (timer !== undefined) return
      timer = setTimeout(draw, withoutFrame)
      if (typeof requestAnimationFrame !== "undefined") frame = requestAnimationFrame(draw)
    }
  }
}
