"use client"

import { createContext, type ReactNode, useContext, useEffect, useState } from "react"
import { makeOwner, type PresenceOptions, type PresenceOwner } from "../createPresence.ts"
import { invalidConfiguration } from "../PresenceError.ts"
import type { PresenceHandle } from "../PresenceHandle.ts"

const PresenceContext = createContext<PresenceHandle | undefined>(undefined)

/** The props of {@link PresenceProvider}: which room, as whom, and the components that use it. */
export interface PresenceProviderProps extends PresenceOptions {
  readonly children?: ReactNode
}

/**
 * Presence in one room for the components below. It connects when it is mounted and says goodbye
 * when it is unmounted; StrictMode's double mount makes one connection.
 *
 * A changed token is authorized on the live connection. Another project, dataset, canvas, host,
 * client or layer is another room, with a connection of its own; `config` is read once.
 *
 * @throws PresenceError (to the nearest error boundary) where the props name no room
 *
 * @example
 * <PresenceProvider projectId="abc123" dataset="production" token={token}>
 *   <App />
 * </PresenceProvider>
 */
export function PresenceProvider({ children, ...options }: PresenceProviderProps): ReactNode {
  const { handle, setToken } = useOwner(options)
  const { token } = options
  useEffect(() => handle.hold(), [handle])
  useEffect(() => setToken(token), [setToken, token])
  return <PresenceContext.Provider value={handle}>{children}</PresenceContext.Provider>
}

type Room = ReadonlyArray<unknown>

const roomOf = (options: PresenceOptions): Room => [
  options.projectId,
  options.dataset,
  options.canvasId,
  options.apiHost,
  options.useProjectHostname,
  options.client,
  options.layer
]

const isSameRoom = (a: Room, b: Room): boolean => a.every((part, index) => part === b[index])

/** Making an owner has no effect but memory, so rendering may make one that is never mounted. */
const useOwner = (options: PresenceOptions): PresenceOwner => {
  const room = roomOf(options)
  const [current, setCurrent] = useState(() => ({ room, owner: makeOwner(options) }))
  if (isSameRoom(current.room, room)) return current.owner
  const next = { room, owner: makeOwner(options) }
  setCurrent(next)
  return next.owner
}

/**
 * The handle of the provider above, for what the hooks do not cover.
 *
 * @throws PresenceError where there is no provider
 */
export const usePresenceHandle = (): PresenceHandle => {
  const handle = useContext(PresenceContext)
  if (handle === undefined) {
    throw invalidConfiguration(
      "There is no <PresenceProvider> above this component. Wrap the app, or this part of it, in one."
    )
  }
  return handle
}
