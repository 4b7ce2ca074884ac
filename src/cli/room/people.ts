/**
 * Who is where, as a command tells it: to people in rows, to programs as JSON. Pure.
 */
import { studioPath } from "@sanity/client/csm"
import type { Location, Path } from "../../Location.ts"
import type { PresenceSession } from "../../PresenceState.ts"
import { toSanityPath } from "../../SanityPath.ts"
import type { UserId } from "../../Session.ts"
import { profileOf, type Profiles } from "../../Users.ts"
import { printable } from "../terminal/printable.ts"

/** What is less long ago is now, in milliseconds. */
const idleAfter = 60_000

/**
 * A path as Sanity writes it in text.
 *
 * @example
 * pathText(["body", { _key: "a1" }, "children", 0]) // `body[_key=="a1"].children[0]`
 */
export const pathText = (path: Path): string => studioPath.toString(toSanityPath(path))

/** When a session last said that its user did something, by the clock of its sender. */
const activeAt = ({ locations }: PresenceSession): number | undefined => {
  const times = locations.map(({ lastActiveAt }) => Date.parse(lastActiveAt))
  const newest = Math.max(...times.filter((time) => !Number.isNaN(time)))
  return Number.isFinite(newest) ? newest : undefined
}

/**
 * When the user of a session was last active, in epoch milliseconds, where that is a while ago. It is
 * the sender's word and clock, unless this process has seen them active itself.
 */
const lastActive = (session: PresenceSession, now: number): number | undefined => {
  const at = activeAt(session)
  const isActive = session.activity === "active" || at === undefined || now - at < idleAfter
  return isActive ? undefined : at
}

/** A row of the table. */
export interface Row {
  readonly user: string
  readonly document: string
  readonly field: string
  readonly active: string
}

/** The heads of the columns. */
export const head: Row = {
  user: "USER",
  document: "DOCUMENT",
  field: "FIELD",
  active: "LAST ACTIVE"
}

const nowhere = "–"

/**
 * The length of a time, in its largest unit.
 *
 * @param millis in milliseconds
 */
export const lengthText = (millis: number): string => {
  const seconds = Math.max(0, Math.floor(millis / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

const activeText = (session: PresenceSession, now: number): string => {
  const at = lastActive(session, now)
  if (at === undefined) return ""
  const time = new Date(at).toTimeString().slice(0, 5)
  return `${time} (${lengthText(now - at)} ago)`
}

const rowOf =
  (session: PresenceSession, user: string, now: number) =>
  (location?: Location): Row => ({
    user,
    document: location === undefined ? nowhere : printable(location.documentId),
    field: location === undefined ? "" : printable(pathText(location.path)),
    active: activeText(session, now)
  })

/** People's sessions, whoever came first before the others. */
export const byUser = (
  sessions: ReadonlyArray<PresenceSession>
): ReadonlyMap<UserId, ReadonlyArray<PresenceSession>> => {
  const users = new Map<UserId, Array<PresenceSession>>()
  for (const session of sessions) {
    const known = users.get(session.userId)
    if (known === undefined) users.set(session.userId, [session])
    else known.push(session)
  }
  return users
}

/** A row for every place of everyone; a user's name stands in the first of theirs. */
export const rowsOf = (
  sessions: ReadonlyArray<PresenceSession>,
  profiles: Profiles,
  now: number
): ReadonlyArray<Row> =>
  Array.from(byUser(sessions).values(), (ofUser) =>
    ofUser
      .flatMap((session) => {
        const { displayName } = profileOf(profiles, session.userId)
        const row = rowOf(session, printable(displayName), now)
        return session.locations.length === 0 ? [row()] : session.locations.map(row)
      })
      .map((row, index) => (index === 0 ? row : { ...row, user: "" }))
  ).flat()

/** A place as programs read it. */
const placeJson = ({ documentId, lastActiveAt, path, selection }: Location) => ({
  documentId,
  path: pathText(path),
  lastActiveAt,
  ...(selection === undefined ? {} : { selection })
})

/** A session as programs read it. */
export const sessionJson = (session: PresenceSession, profiles: Profiles) => ({
  userId: session.userId,
  displayName: profileOf(profiles, session.userId).displayName,
  sessionId: session.sessionId,
  activity: session.activity,
  stale: session.stale,
  locations: session.locations.map(placeJson)
})

/** A person as programs read it. */
export const personJson = (sessions: ReadonlyArray<PresenceSession>, profiles: Profiles) =>
  Array.from(byUser(sessions), ([userId, ofUser]) => ({
    userId,
    displayName: profileOf(profiles, userId).displayName,
    sessions: ofUser.map((session) => {
      const at = activeAt(session)
      return {
        sessionId: session.sessionId,
        lastActiveAt: at === undefined ? null : new Date(at).toISOString(),
        locations: session.locations.map(placeJson)
      }
    })
  }))
