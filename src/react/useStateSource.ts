"use client"

import { useSyncExternalStore } from "react"
import type { StateSource } from "../StateSource.ts"

/**
 * The current value of a source; renders again when it changes. Those of the provider's handle change
 * at most once per animation frame, all in the same one. On the server, and while hydrating, it is the
 * value before anything happened: nothing connects there.
 *
 * @example
 * const users = useStateSource(usePresenceHandle().getUsers())
 */
export const useStateSource = <A>(source: StateSource<A>): A =>
  useSyncExternalStore(source.subscribe, source.getCurrent, source.getInitial)
