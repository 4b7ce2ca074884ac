/**
 * What must hold at every moment of a soak, not only at its end.
 */
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type { SoakClient } from "./Client.ts"
import { nameOf } from "./Judge.ts"
import type { SoakRoom } from "./Room.ts"

/** In milliseconds. */
const lookInterval = 250

/** How long a lost connection may go unnoticed by the state, in milliseconds. */
const noticeTimeout = 400

/** When each suspect has lost its connection. */
type Suspects = ReadonlyMap<SoakClient, number>

/**
 * [R4] Who has lost the connection shows everybody as stale. Only who is suspect twice in a row is
 * guilty: a process that was held up needs a moment.
 */
const lookForFresh = (room: SoakRoom, before: Suspects): Suspects => {
  const suspects = new Map<SoakClient, number>()
  for (const client of room.clients) {
    const { lostAt } = client
    if (lostAt === undefined || room.time.now() - lostAt < noticeTimeout) continue
    const fresh = client.sessions.find(({ stale }) => !stale)
    if (fresh === undefined) continue
    suspects.set(client, lostAt)
    if (before.get(client) !== lostAt) continue
    room.note(
      "[R4] no connection, and nobody is stale",
      `${nameOf(client)} shows ${nameOf(fresh)} as if they were there`
    )
  }
  return suspects
}

/** [R1] Nobody sees themselves. */
const lookForSelves = (room: SoakRoom): void => {
  for (const client of room.clients) {
    const { sessionId, sessions, userId } = client
    const isSelf = sessions.some(
      (other) => other.userId === userId && other.sessionId === sessionId
    )
    if (isSelf) room.note("[R1] shown to oneself", nameOf(client))
  }
}

/** Looks again and again, for ever. */
export const watch = Effect.fnUntraced(function* (room: SoakRoom) {
  let suspects: Suspects = new Map()
  while (true) {
    yield* Effect.sleep(lookInterval)
    suspects = lookForFresh(room, suspects)
    lookForSelves(room)
  }
})

/** A warning or an error in the log is a bug, whatever else comes of it. */
export const layerNoErrors = (room: SoakRoom) =>
  Logger.layer([
    Logger.make(({ cause, logLevel, message }) => {
      if (!LogLevel.isGreaterThanOrEqualTo(logLevel, "Warn")) return
      room.note("logged", `${String(message)} ${String(cause)}`)
    })
  ])
