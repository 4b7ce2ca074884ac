"use client"

import { useState } from "react"

/**
 * What `make` gives, kept until one of the parts of `key` changes. Unlike what `useMemo` keeps, it is
 * never dropped, and a key says by value what objects written inline cannot.
 *
 * @example
 * const source = useKept([handle, key], () => handle.getDocumentPresence(query))
 */
export const useKept = <A>(key: ReadonlyArray<unknown>, make: () => A): A => {
  const [kept, setKept] = useState(() => ({ key, value: make() }))
  if (kept.key.every((part, index) => Object.is(part, key[index]))) return kept.value
  const next = { key, value: make() }
  setKept(next)
  return next.value
}
