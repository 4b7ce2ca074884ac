"use client"

import { useMemo } from "react"
import type { ConnectionStatus } from "../ConnectionStatus.ts"
import type { Report } from "../PresenceHandle.ts"
import type { Self, UserPresence } from "../RoomSources.ts"
import * as StateSource from "../StateSource.ts"
import { usePresenceContext } from "./PresenceContext.ts"
import { useSelected } from "./useSelected.ts"

/** What {@link usePresence} returns, and what a selector selects from. */
export interface UsePresence {
  /** Everyone else in the room, in the order in which they joined. */
  readonly locations: ReadonlyArray<UserPresence>
  /**
   * Says where this session is, all of it, under the provider's perspective unless a location names its
   * own. The same function on every render.
   */
  readonly reportPresence: Report
  /** The connection. */
  readonly status: ConnectionStatus
  /** This session, and where it says it is. */
  readonly self: Self
}

/** Selects nothing from it. */
export const everything = (presence: UsePresence): UsePresence => presence

/**
 * Everyone else in the room, and a way to say where this session is. Reading announces nothing:
 * others see this session from its first report.
 *
 * @throws PresenceError where there is no {@link PresenceProvider} above
 *
 * @example
 * const { locations, reportPresence } = usePresence()
 * <input onFocus={() => reportPresence([{ documentId: "book", path: ["title"] }])} />
 * {locations.map(({ sessionId, user }) => <Avatar key={sessionId} id={user.id} />)}
 */
export function usePresence(): UsePresence
/**
 * What a selector selects of presence. Renders again only when that changes, by `equals` where it is
 * given, else by `Object.is`. Both may be written inline.
 *
 * @throws PresenceError where there is no {@link PresenceProvider} above
 *
 * @example
 * const count = usePresence(({ locations }) => locations.length)
 */
export function usePresence<A>(
  selector: (presence: UsePresence) => A,
  equals?: (a: A, b: A) => boolean
): A
export function usePresence(
  selector: (presence: UsePresence) => unknown = everything,
  equals: (a: unknown, b: unknown) => boolean = Object.is
): unknown {
  const { handle, report } = usePresenceContext()
  const source = useMemo(
    () =>
      StateSource.zipWith(
        StateSource.zipWith(
          handle.getPresenceLocations(),
          handle.getStatus(),
          (locations, status) => ({ locations, status })
        ),
        handle.getSelf(),
        (seen, self): UsePresence => ({ ...seen, self, reportPresence: report })
      ),
    [handle, report]
  )
  return useSelected(source, selector, equals)
}
