/**
 * A connection in its room.
 */
import type * as Fiber from "effect/Fiber"
import type * as Redacted from "effect/Redacted"
import { monotonicNow } from "./Clock.ts"
import type { Connection } from "./Connection.ts"
import type { OpenRoom } from "./OpenRoom.ts"
import { Pace } from "./Pace.ts"
import type { RelayUser } from "./RelayAuth.ts"
import type { RoomAddress } from "./RoomAddress.ts"

/**
 * A connection, the room that it asks for, and whose it is: nobody's until it has been authorized, and
 * in no room: who has shown no token takes nobody's place.
 */
export interface Member {
  readonly connection: Connection
  readonly address: RoomAddress
  /** The network that it comes from; undefined where it is this machine, which has no bounds. */
  readonly network: string | undefined
  room: OpenRoom | undefined
  user: RelayUser | undefined
  /** The token by which the user was found, and when, on the clock that never goes back. */
  credential: { readonly token: Redacted.Redacted; readonly checkedAt: number } | undefined
  /** How many of its tokens were refused, accepted ones between them or not. */
  refused: number
  /** The decision about its last token: it ends with the connection. */
  decision: Fiber.Fiber<void> | undefined
  /** The requests that wait for an authorization to be decided, while one is. */
  waiting: Array<string> | undefined
  /** Frames that came before it was authorized. */
  unauthorized: number
  /** How many requests it has sent in this second. */
  readonly pace: Pace
  /** What came faster than that, and waits for the next second. */
  behind: Array<string> | undefined
  /** The beginning of the next second, while something waits for it. */
  paceTimer: NodeJS.Timeout | undefined
  /** Sessions that were begun since a time, on the clock that never goes back. */
  begun: { readonly since: number; readonly count: number }
  /** When a roll call was last answered. */
  rollCalledAt: number
  /** The answer to come, where there was one a short time ago. */
  rollCallTimer: NodeJS.Timeout | undefined
}

/** One that has been authorized. */
export interface Present extends Member {
  readonly room: OpenRoom
  readonly user: RelayUser
}

export const isPresent = (member: Member): member is Present =>
  member.room !== undefined && member.user !== undefined

/** Whether it is not read for now: something of it waits for its token, or for its next second. */
export const isHeldUp = ({ behind, waiting }: Member): boolean =>
  behind !== undefined || (waiting !== undefined && waiting.length > 0)

/** A connection that has just come in. */
export const makeMember = (
  connection: Connection,
  address: RoomAddress,
  network: string | undefined
): Member => ({
  connection,
  address,
  network,
  room: undefined,
  user: undefined,
  credential: undefined,
  refused: 0,
  decision: undefined,
  waiting: undefined,
  unauthorized: 0,
  pace: new Pace(),
  behind: undefined,
  paceTimer: undefined,
  begun: { since: Number.NEGATIVE_INFINITY, count: 0 },
  rollCalledAt: Number.NEGATIVE_INFINITY,
  rollCallTimer: undefined
})

/**
 * How many sessions a connection may begin in a second: as many as it may have, and never so few that
 * who ends one could not begin another.
 */
export const beginsPerSecond = (maxSessions: number): number => Math.max(maxSessions, 20)

/**
 * Whether one more session may begin, and counts it. Sessions that come and go would be events that
 * nothing conflates.
 */
export const mayBegin = (member: Member, maxSessions: number): boolean => {
  const now = monotonicNow()
  const { count, since } = member.begun
  const isNewSecond = now - since >= 1_000
  if (!isNewSecond && count >= beginsPerSecond(maxSessions)) return false
  member.begun = isNewSecond ? { since: now, count: 1 } : { since, count: count + 1 }
  return true
}
