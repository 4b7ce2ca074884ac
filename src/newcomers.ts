/**
 * Whom a reader of `changes` has not met before. Pure.
 */
import { type PresenceChange, type Reset, toArray } from "./PresenceState.ts"
import type { UserId } from "./Session.ts"

/** The users that a change brings, each perhaps more than once; of one that brings nobody, none. */
export const newcomers = (change: PresenceChange | Reset): ReadonlyArray<UserId> =>
  change._tag === "Reset"
    ? toArray(change.state).map(({ userId }) => userId)
    : change._tag === "Joined"
      ? [change.session.userId]
      : []
