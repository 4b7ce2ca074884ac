"use client"

import { createContext, useContext } from "react"
import type { DocumentRef, Perspective } from "../DocumentRef.ts"
import { invalidConfiguration } from "../PresenceError.ts"
import type { PresenceHandle } from "../PresenceHandle.ts"

/** What a provider gives to the components below it. */
export interface PresenceContextValue {
  readonly handle: PresenceHandle
  readonly perspective: Perspective | undefined
}

/** In a module of its own, which hot reloading leaves alone. */
export const PresenceContext = createContext<PresenceContextValue | undefined>(undefined)

/**
 * The handle of the provider above, for what the hooks do not cover.
 *
 * @throws PresenceError where there is no provider
 *
 * @example
 * const handle = usePresenceHandle()
 * const reporter = handle.makeReporter()
 */
export const usePresenceHandle = (): PresenceHandle => {
  const context = useContext(PresenceContext)
  if (context === undefined) {
    throw invalidConfiguration(
      "There is no <PresenceProvider> above this component. Wrap the app, or this part of it, in one."
    )
  }
  return context.handle
}

/** A document as a hook is given it, under the provider's perspective where it names none. */
export const useDocumentRef = <A extends DocumentRef>(ref: A): A => {
  const perspective = useContext(PresenceContext)?.perspective
  return perspective === undefined || ref.perspective !== undefined ? ref : { ...ref, perspective }
}
