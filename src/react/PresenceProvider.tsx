"use client"

import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react"
import type { PresenceOptions } from "../createPresence.ts"
import { invalidConfiguration } from "../PresenceError.ts"
import type { PresenceHandle } from "../PresenceHandle.ts"
import { enter, type Identity, isSame, type Room, roomFor } from "./rooms.ts"

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
  const room = useRoom(options)
  const { handle, setToken } = room.owner
  const { token } = options
  const lastToken = useRef(token)
  useEffect(() => {
    const leave = enter(room)
    return () => leave(lastToken.current)
  }, [room])
  useEffect(() => {
    lastToken.current = token
    setToken(token)
  }, [setToken, token])
  return <PresenceContext.Provider value={handle}>{children}</PresenceContext.Provider>
}

const identityOf = (options: PresenceOptions): Identity => [
  options.projectId,
  options.dataset,
  options.canvasId,
  options.apiHost,
  options.useProjectHostname,
  options.client,
  options.layer
]

/** The room that the options name; the same one until they name another. */
const useRoom = (options: PresenceOptions): Room => {
  const identity = identityOf(options)
  const [current, setCurrent] = useState(() => roomFor(identity, options))
  if (isSame(current.identity, identity)) return current
  const next = roomFor(identity, options)
  setCurrent(next)
  return next
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
