"use client"

import type { ConnectionStatus } from "../ConnectionStatus.ts"
import type { ReportedLocation } from "../Location.ts"
import type { Self, UserPresence } from "../PresenceHandle.ts"
import { usePresenceHandle } from "./PresenceProvider.tsx"
import { useStateSource } from "./useStateSource.ts"

/** What {@link usePresence} returns. */
export interface UsePresence {
  /** Everyone else in the room, in the order in which they joined. */
  readonly locations: ReadonlyArray<UserPresence>
  /** Says where this session is, all of it. The same function on every render. */
  readonly reportPresence: (locations: ReadonlyArray<ReportedLocation>) => void
  /** The connection. */
  readonly status: ConnectionStatus
  /** This session, and where it says it is. */
  readonly self: Self
}

/**
 * Everyone else in the room, and a way to say where this session is. Reading announces nothing:
 * others see this session from its first report.
 *
 * @throws PresenceError where there is no {@link PresenceProvider} above
 *
 * @example
 * const { locations, reportPresence } = usePresence()
 * <input onFocus={() => reportPresence([{ documentId: "drafts.book", path: ["title"] }])} />
 * {locations.map(({ sessionId, user }) => <Avatar key={sessionId} id={user.id} />)}
 */
export const usePresence = (): UsePresence => {
  const handle = usePresenceHandle()
  return {
    locations: useStateSource(handle.getPresenceLocations()),
    reportPresence: handle.reportPresence,
    status: useStateSource(handle.getStatus()),
    self: useStateSource(handle.getSelf())
  }
}
