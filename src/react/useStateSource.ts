"use client"

import { useCallback, useSyncExternalStore } from "react"
import type { StateSource } from "../StateSource.ts"
import { inFrame } from "./frames.ts"

/** Subscribes to a source, at most one call per animation frame; the same function for the same source. */
export const useFramed = (source: StateSource<unknown>): StateSource<unknown>["subscribe"] =>
  useCallback(
    (listener) => {
      const { cancel, request } = inFrame(listener)
      const unsubscribe = source.subscribe(request)
      return () => {
        unsubscribe()
        cancel()
      }
    },
    [source]
  )

/**
 * The current value of a source; renders again when it changes, at most once per animation frame. On
 * the server, and while hydrating, it is the value before anything happened: nothing connects there.
 *
 * @example
 * const status = useStateSource(handle.getStatus())
 */
export const useStateSource = <A>(source: StateSource<A>): A =>
  useSyncExternalStore(useFramed(source), source.getCurrent, source.getInitial)
