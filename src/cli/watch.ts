/**
 * `sanity-presence watch`: who comes, moves and goes, until it is stopped.
 */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { layerRoom } from "./room/joinRoom.ts"
import { roomFlags } from "./room/roomSettings.ts"
import { printChanges } from "./watch/changes.ts"
import { liveTable } from "./watch/liveTable.ts"
import { jsonFlag } from "./terminal/jsonFlag.ts"
import { layerLog } from "./terminal/layerLog.ts"

const flags = {
  room: roomFlags,
  json: jsonFlag("Print every change as a line of JSON, also on a terminal")
}

const run = ({ json, room }: Command.Command.Config.Infer<typeof flags>) =>
  (json || !process.stdout.isTTY ? printChanges(room.timeout) : liveTable(room.timeout)).pipe(
    Effect.scoped,
    Effect.provide(layerRoom(room)),
    Effect.provide(layerLog)
  )

/** A table that is drawn anew with every change; for pipes, the changes themselves. */
export const watch = Command.make("watch", flags, run).pipe(
  Command.withDescription("Show who comes, moves and goes: a live table, or JSON lines for a pipe"),
  Command.withExamples([
    { command: "sanity-presence watch", description: "A live table; q quits" },
    {
      command: "sanity-presence watch --json | jq 'select(.type == \"joined\")'",
      description: "Every change as a line of JSON; who is there already has joined, too"
    }
  ])
)
