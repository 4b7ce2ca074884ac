"use client"

import { useEffect, useRef, useSyncExternalStore } from "react"
import type { StateSource } from "../StateSource.ts"

/** What was selected from which value, by which selector. */
interface Selected<A, B> {
  readonly value: A
  readonly selector: (value: A) => B
  readonly result: B
}

/**
 * A part of a source's value; renders again only when that part changes.
 *
 * @param equals whether two parts are the same, so that the known one is kept
 *
 * @example
 * const count = useSelected(handle.getPresenceLocations(), (people) => people.length, Object.is)
 */
export const useSelected = <A, B>(
  source: StateSource<A>,
  selector: (value: A) => B,
  equals: (a: B, b: B) => boolean
): B => {
  // Of the last render that was committed: a selector written inline is another function each time.
  const committed = useRef<Selected<A, B> | undefined>(undefined)
  let known: Selected<A, B> | undefined
  const select = (value: A): B => {
    if (known !== undefined && known.value === value) return known.result
    const before = known ?? committed.current
    if (before?.value === value && before.selector === selector) {
      known = before
      return before.result
    }
    const next = selector(value)
    const result = before !== undefined && equals(before.result, next) ? before.result : next
    known = { value, selector, result }
    return result
  }
  const selected = useSyncExternalStore(
    source.subscribe,
    () => select(source.getCurrent()),
    () => select(source.getInitial())
  )
  useEffect(() => {
    committed.current = known
  })
  return selected
}
