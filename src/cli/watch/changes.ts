/**
 * Every change of a room as a line of JSON.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ConnectionStatus, isPermanent } from "../../ConnectionStatus.ts"
import { newcomers } from "../../newcomers.ts"
import { Presence } from "../../Presence.ts"
import { type PresenceChange, type PresenceSession, toArray } from "../../PresenceState.ts"
import type { Profiles } from "../../Users.ts"
import { awaitDecided, failureOf, statusNews } from "../room/joinRoom.ts"
import { awaitNames } from "../room/names.ts"
import { sessionJson } from "../room/people.ts"
import { print } from "../terminal/Output.ts"
import { printableJson } from "../terminal/printable.ts"

const types = {
  Joined: "joined",
  Moved: "moved",
  ActivityChanged: "activity",
  Left: "left"
} as const

/** A change as programs read it. */
const changeJson = (change: PresenceChange, profiles: Profiles, at: number) => ({
  type: types[change._tag],
  at: new Date(at).toISOString(),
  ...(change._tag === "Left" ? { reason: change.reason } : {}),
  ...sessionJson(change.session, profiles)
})

/** Everyone who is there as programs read it: the first line, and whatever a slow reader missed. */
const resetJson = (sessions: ReadonlyArray<PresenceSession>, profiles: Profiles, at: number) => ({
  type: "reset",
  at: new Date(at).toISOString(),
  sessions: sessions.map((session) => sessionJson(session, profiles))
})

/** The connection as programs read it. */
const statusJson = (status: ConnectionStatus, at: number) => ({
  type: "status",
  at: new Date(at).toISOString(),
  status: status._tag.toLowerCase(),
  ...("reason" in status ? { reason: status.reason } : {})
})

const printLine = (line: object) => print(printableJson(line))

const printStatus = Effect.fnUntraced(function* (status: ConnectionStatus) {
  yield* printLine(statusJson(status, yield* Clock.currentTimeMillis))
  if (isPermanent(status)) yield* failureOf(status)
})

/**
 * Prints the changes, and those of the connection, until that is over for good, which is the last line.
 * What came together is told with the time at which it came, and with the names that are there within
 * half a second.
 */
export const printChanges = Effect.fnUntraced(function* (timeout: number | undefined) {
  const presence = yield* Presence
  const changes = presence.changes.pipe(
    Stream.mapArrayEffect((together) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const profiles = yield* awaitNames(together.flatMap(newcomers), "500 millis")
        return Arr.map(together, (change) =>
          change._tag === "Reset"
            ? resetJson(toArray(change.state), profiles, now)
            : changeJson(change, profiles, now)
        )
      })
    )
  )
  yield* Stream.runForEach(changes, printLine).pipe(
    Effect.raceFirst(Stream.runForEach(statusNews, printStatus)),
    Effect.raceFirst(Effect.andThen(awaitDecided(timeout), Effect.never))
  )
})
