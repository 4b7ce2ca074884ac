/**
 * Every change of a room as a line of JSON.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { ConnectionStatus } from "../../ConnectionStatus.ts"
import { Presence } from "../../Presence.ts"
import {
  type PresenceChange,
  type PresenceSession,
  type Reset,
  toArray
} from "../../PresenceState.ts"
import type { UserId } from "../../Session.ts"
import { type Profiles, Users } from "../../Users.ts"
import { awaitConnected } from "../room/joinRoom.ts"
import { awaitNames } from "../room/names.ts"
import { byUser, sessionJson } from "../room/people.ts"
import { print } from "../terminal/Output.ts"
import { printableJson } from "../terminal/printable.ts"

const types = {
  Joined: "joined",
  Moved: "moved",
  ActivityChanged: "activity",
  Left: "left"
} as const

/** A change as programs read it. */
export const changeJson = (change: PresenceChange, profiles: Profiles, at: number) => ({
  type: types[change._tag],
  at: new Date(at).toISOString(),
  ...(change._tag === "Left" ? { reason: change.reason } : {}),
  ...sessionJson(change.session, profiles)
})

/** Everyone who is there as programs read it: the first line, and whatever a slow reader missed. */
export const resetJson = (
  sessions: ReadonlyArray<PresenceSession>,
  profiles: Profiles,
  at: number
) => ({
  type: "reset",
  at: new Date(at).toISOString(),
  sessions: sessions.map((session) => sessionJson(session, profiles))
})

/** The connection as programs read it. */
export const statusJson = (status: ConnectionStatus, at: number) => ({
  type: "status",
  at: new Date(at).toISOString(),
  status: status._tag.toLowerCase(),
  ...("reason" in status ? { reason: status.reason } : {})
})

/** Prints the changes, and those of the connection, for ever. */
export const printChanges = Effect.fnUntraced(function* (timeout: number | undefined) {
  const presence = yield* Presence
  const { profiles } = yield* Users
  const met = new Set<UserId>()
  /** Each name is waited for once; who never gets one holds nothing up. */
  const meet = (id: UserId) => {
    if (met.has(id)) return SubscriptionRef.get(profiles)
    met.add(id)
    return awaitNames([id], "500 millis")
  }
  const toJson = Effect.fnUntraced(function* (change: PresenceChange | Reset) {
    const now = yield* Clock.currentTimeMillis
    if (change._tag !== "Reset") return changeJson(change, yield* meet(change.session.userId), now)
    const sessions = toArray(change.state)
    const ids = [...byUser(sessions).keys()]
    for (const id of ids) met.add(id)
    return resetJson(sessions, yield* awaitNames(ids), now)
  })
  const changes = Stream.mapEffect(presence.changes, toJson)
  const statuses = SubscriptionRef.changes(presence.status).pipe(
    Stream.mapEffect((status) =>
      Effect.map(Clock.currentTimeMillis, (now) => statusJson(status, now))
    )
  )
  const lines = Stream.merge(changes, statuses).pipe(
    Stream.runForEach((line) => print(printableJson(line)))
  )
  yield* Effect.raceFirst(lines, Effect.andThen(awaitConnected(timeout), Effect.never))
})
