"use client"

import type { ConnectionStatus } from "../ConnectionStatus.ts"
import type { PresenceHandle } from "../PresenceHandle.ts"
import { usePresenceHandle } from "./PresenceContext.ts"
import { keepUntil } from "./rooms.ts"
import { everything, type UsePresence, usePresence } from "./usePresence.ts"

type Readiness =
  | { readonly _tag: "Waiting"; readonly promise: Promise<void> }
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Failed"; readonly error: unknown; readonly status: ConnectionStatus }

/** Outside the components: those that wait are not mounted, and remember nothing. */
const readiness = new WeakMap<PresenceHandle, Readiness>()

const wait = (handle: PresenceHandle): Readiness => {
  const promise = handle.ready().then(
    () => void readiness.set(handle, { _tag: "Ready" }),
    (error: unknown) => {
      const status = handle.getStatus().getCurrent()
      readiness.set(handle, { _tag: "Failed", error, status })
    }
  )
  const waiting: Readiness = { _tag: "Waiting", promise }
  readiness.set(handle, waiting)
  keepUntil(handle, promise)
  return waiting
}

/**
 * Like {@link usePresence}, but waits until the answers to the first roll call are in: the nearest
 * `Suspense` shows its fallback meanwhile. On the server nothing is waited for, since nothing connects.
 *
 * @throws PresenceError (to the nearest error boundary) where the connection cannot be made; an error
 *   boundary that is reset tries again once the status has changed
 *
 * @example
 * <Suspense fallback={<Spinner />}>
 *   <People />
 * </Suspense>
 * // in People
 * const { locations } = useSuspensePresence()
 */
export function useSuspensePresence(): UsePresence
/**
 * What a selector selects of presence, once the answers to the first roll call are in. Renders again only
 * when that changes, by `equals` where it is given, else by `Object.is`.
 *
 * @throws PresenceError (to the nearest error boundary) where the connection cannot be made
 *
 * @example
 * const count = useSuspensePresence(({ locations }) => locations.length)
 */
export function useSuspensePresence<A>(
  selector: (presence: UsePresence) => A,
  equals?: (a: A, b: A) => boolean
): A
export function useSuspensePresence(
  selector: (presence: UsePresence) => unknown = everything,
  equals: (a: unknown, b: unknown) => boolean = Object.is
): unknown {
  const handle = usePresenceHandle()
  if (typeof window !== "undefined") suspend(handle)
  return usePresence(selector, equals)
}

const suspend = (handle: PresenceHandle): void => {
  let known = readiness.get(handle)
  const hasChanged = known?._tag === "Failed" && known.status !== handle.getStatus().getCurrent()
  // What was ready has ended since, and begins anew.
  const hasEnded = known?._tag === "Ready" && handle.getSelf().getCurrent().sessionId === undefined
  if (known === undefined || hasChanged || hasEnded) known = wait(handle)
  if (known._tag === "Waiting") throw known.promise
  if (known._tag === "Failed") throw known.error
}
