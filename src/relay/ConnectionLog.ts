/**
 * Connections in the log, at debug: thousands come at a time.
 */
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import { type RoomAddress, roomKey } from "./RoomAddress.ts"

/** Says, from outside of any fiber, that connections have come and gone. Nobody's name is in it. */
export interface ConnectionLog {
  readonly opened: (connection: string, address: string, room: RoomAddress) => void
  readonly closed: (connection: string, code: number) => void
}

const silent: ConnectionLog = { opened: () => {}, closed: () => {} }

/** A log with the loggers of the fiber that makes it; it costs nothing where debug is not logged. */
export const makeConnectionLog: Effect.Effect<ConnectionLog> = Effect.gen(function* () {
  if (!(yield* LogLevel.isEnabled("Debug"))) return silent
  const run = Effect.runForkWith(yield* Effect.context())
  const log = (message: string, annotations: { readonly [name: string]: string | number }) =>
    void run(Effect.annotateLogs(Effect.logDebug(message), annotations))
  const loud: ConnectionLog = {
    opened: (connection, address, room) =>
      log("connection opened", {
        action: "relay/connection/opened",
        connection,
        address,
        room: roomKey(room)
      }),
    closed: (connection, code) =>
      log("connection closed", { action: "relay/connection/closed", connection, code })
  }
  return loud
})
