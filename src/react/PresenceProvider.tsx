"use client"

import { type ReactNode, useEffect, useState } from "react"
import type { PresenceOptions } from "../createPresence.ts"
import type { Perspective } from "../DocumentRef.ts"
import type { ReportedLocation } from "../Location.ts"
import { inPerspective, PresenceContext } from "./PresenceContext.ts"
import { authorize, enter, identityOf, isSame, type Room, roomFor, tokenOf } from "./rooms.ts"
import { useKept } from "./useKept.ts"

/** The props of {@link PresenceProvider}: which room, as whom, and the components that use it. */
export interface PresenceProviderProps extends PresenceOptions {
  /** Under which the app edits, for hooks that are given none: `"drafts"` unless given. Compared by value. */
  readonly perspective?: Perspective | undefined
  /** The components that use it. */
  readonly children?: ReactNode
}

/**
 * Presence in one room for the components below. It connects when it is mounted and says goodbye
 * when it is unmounted; StrictMode's double mount makes one connection, and providers of the same room
 * and token share one. Two `sessionKey`s make two sessions.
 *
 * A changed token is authorized on the live connection, also that of another client for the same
 * project, dataset and host. Another project, dataset, canvas, host, layer or session key is another
 * room, with a connection of its own; `config` is read once.
 *
 * @throws PresenceError (to the nearest error boundary) where the props name no room
 *
 * @example
 * <PresenceProvider projectId="abc123" dataset="production" token={token}>
 *   <App />
 * </PresenceProvider>
 */
export function PresenceProvider({
  children,
  perspective,
  ...options
}: PresenceProviderProps): ReactNode {
  const room = useRoom(options)
  const token = tokenOf(options)
  useEffect(() => enter(room), [room])
  useEffect(() => authorize(room, token), [room, token])
  const { handle } = room
  const value = useKept([handle, JSON.stringify(perspective)], () => ({
    handle,
    perspective,
    report: (locations: ReadonlyArray<ReportedLocation>) =>
      handle.reportPresence(locations.map((location) => inPerspective(location, perspective)))
  }))
  return <PresenceContext.Provider value={value}>{children}</PresenceContext.Provider>
}

/** The room that the options name; the same one until they name another. */
const useRoom = (options: PresenceOptions): Room => {
  const identity = identityOf(options)
  const [current, setCurrent] = useState(() => roomFor(identity, options))
  if (isSame(current.identity, identity)) return current
  const next = roomFor(identity, options)
  setCurrent(next)
  return next
}
