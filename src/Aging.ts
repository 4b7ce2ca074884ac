/**
 * What time does to a roster, and the loss of the connection: sessions expire, turn idle, are stale. Pure.
 */
import * as HashMap from "effect/HashMap"
import type { LeftReason, Member } from "./PresenceState.ts"
import * as Roster from "./Roster.ts"

const leave = (
  roster: Roster.Roster,
  isGone: (member: Member) => boolean,
  reason: LeftReason
): Roster.Transition => {
  const gone = [...roster.members].filter(([, member]) => isGone(member))
  if (gone.length === 0) return Roster.unchanged(roster)
  const draft = Roster.begin(roster)
  for (const [key] of gone) Roster.leave(draft, key, reason)
  return Roster.end(draft, roster)
}

/**
 * Drops the sessions that have not been heard for as long as `ttl`.
 *
 * @param now milliseconds of the same monotonic clock as in `Roster.apply`
 * @param ttl milliseconds
 */
export const expire = (roster: Roster.Roster, now: number, ttl: number): Roster.Transition =>
  leave(roster, ({ at }) => now - at >= ttl, "expired")

/** When the next session expires if nobody says anything, or undefined where there is nobody. */
export const nextExpiry = (roster: Roster.Roster, ttl: number): number | undefined => {
  let first: number | undefined
  for (const { at } of HashMap.values(roster.members)) {
    if (first === undefined || at < first) first = at
  }
  return first === undefined ? undefined : first + ttl
}

/** After how long without activity someone is idle, and away. Milliseconds. */
export interface ActivityTimes {
  readonly idleAfter: number
  readonly awayAfter: number
}

/**
 * Turns those idle, or away, who have told of no activity for so long. Whoever is stale is left as
 * they were: nobody could hear them.
 */
export const rest = (
  roster: Roster.Roster,
  now: number,
  { awayAfter, idleAfter }: ActivityTimes
): Roster.Transition => {
  const draft = Roster.begin(roster)
  for (const [key, member] of roster.members) {
    const { activeAt, session, tells } = member
    if (session.stale || !Roster.canTell(tells, session.locations)) continue
    const time = now - activeAt
    const activity = time >= awayAfter ? "away" : time >= idleAfter ? "idle" : "active"
    if (activity === session.activity) continue
    const resting = { ...session, activity } as const
    Roster.put(draft, key, member, { ...member, session: resting })
    draft.changes.push({ _tag: "ActivityChanged", session: resting, previous: session.activity })
  }
  return Roster.end(draft, roster)
}

/** When the next one turns idle or away if nobody says anything, or undefined. */
export const nextRest = (
  roster: Roster.Roster,
  { awayAfter, idleAfter }: ActivityTimes
): number | undefined => {
  let first: number | undefined
  for (const { activeAt, session } of HashMap.values(roster.members)) {
    const { activity, stale } = session
    if (stale || activity === "unknown" || activity === "away") continue
    const due = activeAt + (activity === "active" ? idleAfter : awayAfter)
    if (first === undefined || due < first) first = due
  }
  return first
}

/**
 * Marks as stale whoever was last heard at `heardUntil` or before; everyone, unless given: the
 * connection was lost, or they are not known to live. From `now` they have the time of a session that
 * falls silent; those that were stale already have what is left of it.
 */
export const markStale = (
  roster: Roster.Roster,
  now: number,
  heardUntil = Number.POSITIVE_INFINITY
): Roster.Transition => {
  const draft = Roster.begin(roster)
  for (const [key, member] of roster.members) {
    const { at, session } = member
    if (session.stale || at > heardUntil) continue
    Roster.put(draft, key, member, { ...member, at: now, session: { ...session, stale: true } })
  }
  return Roster.end(draft, roster)
}

/** Drops the sessions that are still stale: they did not answer the roll call. */
export const dropStale = (roster: Roster.Roster): Roster.Transition =>
  leave(roster, ({ session }) => session.stale, "lost")

/** Leaves a time out of account in which nobody could be heard (milliseconds). */
export const forgive = (roster: Roster.Roster, time: number): Roster.Roster =>
  time === 0 || HashMap.isEmpty(roster.members)
    ? roster
    : {
        ...roster,
        members: HashMap.map(roster.members, (member) => ({ ...member, at: member.at + time }))
      }
