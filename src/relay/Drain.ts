/**
 * The end of a relay, in good order.
 */
import * as Effect from "effect/Effect"
import { monotonicNow } from "./Clock.ts"
import type { Connection } from "./Connection.ts"
import type { Connections } from "./Connections.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { Rooms } from "./Rooms.ts"

/** The close code of a service that restarts: clients come back after a random time. */
const serviceRestart = 1012

/** Connections that are closed in a second, where the time allows for so few. */
const pace = 100

/** How often some are closed, in milliseconds. */
const step = 20

/** What takes this long, in milliseconds, is worth a line for those who wait for it. */
const noticeable = 1_000

/**
 * Lets nobody in any more and closes every connection, a few at a time. Nobody is told that the
 * others have left: they come back.
 *
 * The time is real even where the clock is a test's: what is closed are real sockets.
 */
export const drain = (
  connections: Connections,
  rooms: Rooms,
  { drainTime }: Pick<RelaySettings, "drainTime">
): Effect.Effect<void> =>
  Effect.suspend(() => {
    connections.stopAccepting()
    const open = Array.from(connections.members, ({ connection }) => connection)
    const time = Math.min(drainTime, (open.length / pace) * 1_000)
    const log = (end: "begin" | "end", message: string): Effect.Effect<void> =>
      Effect.logWithLevel(time < noticeable ? "Debug" : "Info")(message).pipe(
        Effect.annotateLogs({ action: `relay/drain/${end}` })
      )
    const start = monotonicNow()
    const finished = Effect.suspend(() => {
      rooms.close()
      const took = Math.round(monotonicNow() - start)
      return log("end", `Closed ${open.length} connections in ${took} ms`)
    })
    return log("begin", `Closing ${open.length} connections, over ${Math.round(time)} ms`).pipe(
      Effect.andThen(closeOver(open, time)),
      Effect.andThen(finished)
    )
  })

/** Closes connections evenly over a time, in milliseconds. */
const closeOver = (open: ReadonlyArray<Connection>, time: number): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const start = monotonicNow()
    let closed = 0
    const closeSome = (): void => {
      const elapsed = monotonicNow() - start + step
      const due = elapsed >= time ? open.length : Math.floor((open.length * elapsed) / time)
      for (const connection of open.slice(closed, due)) {
        connection.close(serviceRestart, "the relay is shutting down")
      }
      closed = due
      if (closed < open.length) return
      clearInterval(timer)
      resume(Effect.void)
    }
    const timer = setInterval(closeSome, step)
    closeSome()
  })
