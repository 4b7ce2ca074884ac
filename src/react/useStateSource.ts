"use client"

import { useSyncExternalStore } from "react"
import type { StateSource } from "../StateSource.ts"

/**
 * The current value of a source; renders again when it changes. On the server, and while hydrating,
 * it is the value before anything happened: nothing connects there.
 *
 * @example
 * const status = useStateSource(handle.getStatus())
 */
export const useStateSource = <A>(source: StateSource<A>): A =>
  useSyncExternalStore(source.subscribe, source.getCurrent, source.getInitial)
