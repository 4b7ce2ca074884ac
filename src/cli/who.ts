/**
 * `sanity-presence who`: who is in the room now.
 */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Presence } from "../Presence.ts"
import { toArray } from "../PresenceState.ts"
import { failWhenInterrupted } from "./interrupted.ts"
import { awaitReady, layerRoom } from "./room/joinRoom.ts"
import { awaitNames } from "./room/names.ts"
import { byUser, personJson, rowsOf } from "./room/people.ts"
import { countText, tableLines } from "./room/peopleTable.ts"
import { roomFlags } from "./room/roomSettings.ts"
import { print, style } from "./terminal/Output.ts"
import { printableJson } from "./terminal/printable.ts"
import { jsonFlag } from "./terminal/jsonFlag.ts"
import { layerLog } from "./terminal/layerLog.ts"

const flags = {
  room: roomFlags,
  json: jsonFlag("Print one JSON array of people instead of a table")
}

const printTable = Effect.fnUntraced(function* (
  ...[sessions, profiles, now]: Parameters<typeof rowsOf>
) {
  const { head, lines } = tableLines(
    rowsOf(sessions, profiles, now),
    process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY
  )
  if (sessions.length > 0) {
    if (head !== undefined) yield* print(style("dim", head))
    yield* print(lines.join("\n"))
  }
  const { size } = byUser(sessions)
  const people = countText(size, "person").replace("persons", "people")
  yield* print(
    style(
      "dim",
      size === 0 ? "Nobody is here." : `${people}, ${countText(sessions.length, "session")}`
    )
  )
})

const look = Effect.fnUntraced(function* ({
  json,
  room
}: Command.Command.Config.Infer<typeof flags>) {
  const presence = yield* Presence
  yield* awaitReady(room.timeout)
  const sessions = toArray(yield* SubscriptionRef.get(presence.state))
  const profiles = yield* awaitNames([...byUser(sessions).keys()])
  const now = yield* Clock.currentTimeMillis
  yield* json
    ? print(printableJson(personJson(sessions, profiles)))
    : printTable(sessions, profiles, now)
})

const run = (values: Command.Command.Config.Infer<typeof flags>) =>
  look(values).pipe(
    Effect.provide(layerRoom(values.room)),
    Effect.provide(layerLog),
    failWhenInterrupted
  )

/** One roll call, and what came of it. */
export const who = Command.make("who", flags, run).pipe(
  Command.withDescription("Show who is in the room now, and where"),
  Command.withExamples([
    { command: "sanity-presence who", description: "Everyone on the relay of this machine" },
    {
      command: "sanity-presence who --project abc123 --dataset production --json",
      description: "As JSON, with the token in SANITY_AUTH_TOKEN"
    }
  ])
)
