import { type RefObject, useLayoutEffect, useRef } from "react"

/** How long a way takes, in milliseconds. */
const duration = 420

/** An element that left longer ago than this, in milliseconds, did not move but went and came back. */
const sameMove = 100

interface Departure {
  readonly left: number
  readonly top: number
  readonly at: number
}

/** Where the element of each key was when it went. */
const departures = new Map<string, Departure>()

/**
 * Lets an element that leaves one place and appears in another in the same moment glide there; one
 * that appears from nowhere fades in. Neither, where the person prefers reduced motion.
 *
 * @param key what makes the two elements one
 */
export const useGlide = <E extends HTMLElement>(key: string): RefObject<E | null> => {
  const ref = useRef<E>(null)
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null) return
    const animation = arrive(element, departures.get(key))
    departures.delete(key)
    return () => {
      // Measured before the animation ends: who moves on half-way starts from there.
      const { left, top } = element.getBoundingClientRect()
      departures.set(key, { left, top, at: performance.now() })
      animation?.cancel()
    }
  }, [key])
  return ref
}

const arrive = (element: HTMLElement, from: Departure | undefined): Animation | undefined => {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return undefined
  const options: KeyframeAnimationOptions = { duration, easing: "cubic-bezier(0.3, 0.7, 0.2, 1)" }
  if (from === undefined || performance.now() - from.at > sameMove) {
    return element.animate(
      [
        { opacity: 0, scale: 0.6 },
        { opacity: 1, scale: 1 }
      ],
      options
    )
  }
  const { left, top } = element.getBoundingClientRect()
  return element.animate(
    [{ translate: `${from.left - left}px ${from.top - top}px` }, { translate: "0 0" }],
    options
  )
}
