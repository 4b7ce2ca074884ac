/**
 * `presence_announce`: a session says where it is, within the bounds of the relay.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Method } from "../bifur/BifurEvent.ts"
import { SessionId } from "../Session.ts"
import { type Answer, done, type Handler, invalidParams, refuse } from "./Answer.ts"
import { monotonicNow } from "./Clock.ts"
import { beginsPerSecond, mayBegin, type Present } from "./Member.ts"
import type { Refusal, RelayCounts } from "./RelayCounts.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { Draft } from "./Room.ts"

/** The JSON-RPC error code of a request that went beyond a bound of this relay. */
const beyondBound = -32_000

/** Levels of arrays and objects in locations. What is deeper can be read, but not written again. */
const maxDepth = 100

type Bounds = Pick<
  RelaySettings,
  "maxBytesPerUser" | "maxFrameSize" | "maxSessionsPerConnection" | "maxSessionsPerUser"
>

/** What an announce goes beyond. */
interface Excess {
  readonly reason: Refusal
  readonly message: string
}

/** Not by element: there may be a great many, and nothing is asked of them. */
const Locations = Schema.declare(
  (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value),
  { expected: "an array" }
)

/** All the places at which a session is. */
const decode = Schema.decodeUnknownOption(
  Schema.Struct({
    data: Schema.Struct({ sessionId: SessionId, locations: Locations })
  })
)

/** Without an array for each object: there are some in every announce. */
const isDeeperThan = (levels: number, value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some((part) => isDeeperThan(levels - 1, part))
  const parts: { readonly [key: string]: unknown } = Object(value)
  for (const key in parts) {
    if (isDeeperThan(levels - 1, parts[key])) return true
  }
  return false
}

const tooDeep: Excess = {
  reason: "requests",
  message: `These locations are nested deeper than ${maxDepth} levels.`
}

/** What it would be too much to publish, or to hold. */
const excessOf = (
  { growth, size }: Draft,
  { room, user }: Present,
  { maxBytesPerUser, maxFrameSize }: Bounds
): Excess | undefined => {
  if (size > maxFrameSize) {
    const message = `These locations take more than ${maxFrameSize} bytes as they are published. Report fewer, or shorter ones.`
    return { reason: "frame-size", message }
  }
  if (growth > 0 && room.table.heldFor(user.id) + growth > maxBytesPerUser) {
    const message = `The sessions of this user take ${maxBytesPerUser} bytes, the most that this relay holds of one. Report fewer locations, or shorter ones, or end a session.`
    return { reason: "bytes-per-user", message }
  }
  return undefined
}

/** What one session more would be too much of. */
const excessOfBeginning = (member: Present, bounds: Bounds): Excess | undefined => {
  const { connection, room, user } = member
  const { maxSessionsPerConnection, maxSessionsPerUser } = bounds
  if (room.table.ownedBy(connection.owner) >= maxSessionsPerConnection) {
    const message = `This connection has ${maxSessionsPerConnection} sessions, the most that this relay takes. End one, or open another connection.`
    return { reason: "sessions-per-connection", message }
  }
  if (!mayBegin(member, maxSessionsPerConnection)) {
    const message = `This connection has begun ${beginsPerSecond(maxSessionsPerConnection)} sessions within a second, the most that this relay takes. Keep a session, and announce it again.`
    return { reason: "sessions-per-connection", message }
  }
  if (room.table.usedBy(user.id) >= maxSessionsPerUser) {
    const message = `This user has ${maxSessionsPerUser} sessions here, the most that this relay takes. End one.`
    return { reason: "sessions-per-user", message }
  }
  return undefined
}

/** Answers announces; what goes beyond a bound is counted. */
export const makeAnnounce = (bounds: Bounds, counts: RelayCounts): Handler => {
  const refuseFor = ({ message, reason }: Excess): Answer => {
    counts.refuse(reason)
    return refuse(beyondBound, message)
  }
  return (member, params) => {
    const data = Option.getOrUndefined(decode(params))?.data
    if (data === undefined) {
      return invalidParams(Method.announce, "{data: {sessionId, locations}}")
    }
    const { locations, sessionId } = data
    const { connection, room, user } = member
    const { table } = room
    // First: what is too deep can't be written again either.
    if (isDeeperThan(maxDepth, locations)) return refuseFor(tooDeep)
    const draft = table.draft(connection.owner, user.id, sessionId, locations, monotonicNow())
    const excess =
      excessOf(draft, member, bounds) ??
      (draft.isNew ? excessOfBeginning(member, bounds) : undefined)
    if (excess !== undefined) return refuseFor(excess)
    room.publish([table.keep(draft)])
    return done
  }
}
