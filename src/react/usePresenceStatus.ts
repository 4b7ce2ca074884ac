"use client"

import { type ConnectionStatus, describe } from "../ConnectionStatus.ts"
import { usePresenceHandle } from "./PresenceContext.ts"
import { useStateSource } from "./useStateSource.ts"

/** What {@link usePresenceStatus} returns. */
export interface PresenceStatus {
  /** The connection. */
  readonly status: ConnectionStatus
  /** The same in a sentence for a person, with what to do where something must be done. */
  readonly description: string
  /** Tries to connect at once, for a button. The same function on every render. */
  readonly retryNow: () => void
}

/**
 * How the connection is, as a person needs it told. Renders again only when that changes.
 *
 * @throws PresenceError where there is no {@link PresenceProvider} above
 *
 * @example
 * const { description, retryNow, status } = usePresenceStatus()
 * {status._tag === "Reconnecting" && <button onClick={retryNow}>{description}</button>}
 */
export const usePresenceStatus = (): PresenceStatus => {
  const handle = usePresenceHandle()
  const status = useStateSource(handle.getStatus())
  return { status, description: describe(status), retryNow: handle.retryNow }
}
