/**
 * The end of a relay, in good order.
 */
import * as Effect from "effect/Effect"
import { monotonicNow } from "./Clock.ts"
import type { Connections } from "./Connections.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { Rooms } from "./Rooms.ts"

/** The close code of a service that restarts: clients come back after a random time. */
const serviceRestart = 1012

/** Connections that are closed in a second, where the time allows for so few. */
const pace = 100

/** How often some are closed, in milliseconds. */
const step = 20

/**
 * Lets nobody in any more and closes every connection, a few at a time. Nobody is told that the
 * others have left: they come back.
 *
 * The time is real even where the clock is a test's: what is closed are real sockets.
 */
export const drain = (
  connections: Connections,
  rooms: Rooms,
  settings: Pick<RelaySettings, "drainTime">
): Effect.Effect<void> =>
  Effect.suspend(() => {
    connections.stopAccepting()
    const { size } = connections.members
    if (size === 0) return closeAll(connections, rooms, settings)
    const start = monotonicNow()
    return log("begin", `Closing ${size} connections, over ${settings.drainTime} ms at most`).pipe(
      Effect.andThen(closeAll(connections, rooms, settings)),
      Effect.andThen(
        Effect.suspend(() =>
          log("end", `Closed ${size} connections in ${Math.round(monotonicNow() - start)} ms`)
        )
      )
    )
  })

const log = (step: "begin" | "end", message: string): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logInfo(message), { action: `relay/drain/${step}` })

const closeAll = (
  connections: Connections,
  rooms: Rooms,
  { drainTime }: Pick<RelaySettings, "drainTime">
): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const open = Array.from(connections.members)
    const time = Math.min(drainTime, (open.length / pace) * 1_000)
    const start = monotonicNow()
    let closed = 0
    const closeSome = (): void => {
      const elapsed = monotonicNow() - start + step
      const due = elapsed >= time ? open.length : Math.floor((open.length * elapsed) / time)
      for (const { connection } of open.slice(closed, due)) {
        connection.close(serviceRestart, "the relay is shutting down")
      }
      closed = due
      if (closed < open.length) return
      clearInterval(timer)
      rooms.close()
      resume(Effect.void)
    }
    const timer = setInterval(closeSome, step)
    closeSome()
  })
