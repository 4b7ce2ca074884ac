/**
 * The life of one WebSocket: from the upgrade until it is gone.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as HttpServerError from "effect/http/HttpServerError"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Socket from "effect/socket/Socket"
import { CloseCode } from "../bifur/JsonRpc.ts"
import { closeGrace } from "./Listener.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { Member } from "./Requests.ts"
import type { RoomAddress } from "./RoomAddress.ts"
import type { Connection, Rooms } from "./Rooms.ts"

const openConnection = Effect.fnUntraced(function* (
  id: number,
  socket: Socket.Socket,
  request: HttpServerRequest.HttpServerRequest
): Effect.fn.Return<Connection & { readonly isOpen: () => boolean }, never, Scope.Scope> {
  const { write } = yield* socket.writer
  const run = Effect.runForkWith(yield* Effect.context())
  const netSocket = NodeHttpServerRequest.toIncomingMessage(request).socket
  let isOpen = true
  yield* Effect.addFinalizer(() => Effect.sync(() => (isOpen = false)))

  // Writing to a socket whose reader is gone would wait for a new one for ever; `isOpen` and the
  // write are one synchronous step, so that cannot happen.
  const writeNow = (chunk: string | Socket.CloseEvent): void => {
    const exit = run(write(chunk)).pollUnsafe()
    if (exit?._tag !== "Success") netSocket.destroy()
  }
  return {
    id,
    isOpen: () => isOpen,
    send: (frame) => {
      if (isOpen) writeNow(frame)
    },
    close: (code, reason) => {
      if (!isOpen) return
      isOpen = false
      writeNow(new Socket.CloseEvent(code, reason))
      setTimeout(() => netSocket.destroy(), closeGrace).unref()
    }
  }
})

/**
 * Serves WebSockets: upgrades the request, takes the connection into its room and answers its
 * frames until the socket is gone, however that comes about.
 */
export const makeConnections = (
  rooms: Rooms,
  settings: RelaySettings,
  handle: (member: Member, text: string) => Effect.Effect<void>
): ((
  address: RoomAddress,
  request: HttpServerRequest.HttpServerRequest
) => Effect.Effect<void, HttpServerError.HttpServerError>) => {
  let lastId = 0

  const authorizationDeadline = Effect.fnUntraced(function* (member: Member) {
    yield* Effect.sleep(settings.authorizationTimeout)
    if (member.user !== undefined) return
    const seconds = Duration.toSeconds(settings.authorizationTimeout)
    member.connection.close(CloseCode.unauthorized, `not authorized within ${seconds} s`)
  })

  return Effect.fnUntraced(
    function* (address, request) {
      const socket = yield* request.upgrade
      const { pull } = yield* socket.reader
      const connection = yield* openConnection(++lastId, socket, request)
      const room = yield* Effect.acquireRelease(
        Effect.sync(() => rooms.enter(address, connection)),
        () => Effect.sync(() => rooms.leave(address, connection))
      )
      const member: Member = { connection, room, user: undefined }
      yield* Effect.forkScoped(authorizationDeadline(member))
      yield* Effect.logDebug(`connection ${connection.id} opened`)
      yield* Effect.addFinalizer(() => Effect.logDebug(`connection ${connection.id} ended`))
      while (true) {
        for (const frame of yield* pull) {
          // A connection that is being closed is no longer listened to.
          if (!connection.isOpen()) continue
          yield* handle(member, typeof frame === "string" ? frame : "")
        }
      }
    },
    Effect.scoped,
    Effect.catchTag("SocketError", () => Effect.void)
  )
}
