"use client"

import { createContext, useContext } from "react"
import type { DocumentRef, Perspective } from "../DocumentRef.ts"
import { invalidConfiguration } from "../PresenceError.ts"
import type { PresenceHandle, Report } from "../PresenceHandle.ts"

/** What a provider gives to the components below it. `report` is the handle's, under the perspective. */
export interface PresenceContextValue {
  readonly handle: PresenceHandle
  readonly perspective: Perspective | undefined
  readonly report: Report
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
export const usePresenceHandle = (): PresenceHandle => usePresenceContext().handle

/** All that the provider above gives. */
export const usePresenceContext = (): PresenceContextValue => {
  const context = useContext(PresenceContext)
  if (context === undefined) {
    throw invalidConfiguration(
      "There is no <PresenceProvider> above this component. Wrap the app, or this part of it, in one."
    )
  }
  return context
}

/** A document as it is named, under the perspective where it names none. */
export const inPerspective = <A extends DocumentRef>(
  ref: A,
  perspective: Perspective | undefined
): A => (perspective === undefined || ref.perspective !== undefined ? ref : { ...ref, perspective })

/** A document as a hook is given it, under the provider's perspective where it names none. */
export const useDocumentRef = <A extends DocumentRef>(ref: A): A =>
  inPerspective(ref, useContext(PresenceContext)?.perspective)
