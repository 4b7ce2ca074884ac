/**
 * The HTTP server under the relay, and its end.
 */
import { createServer, type Server } from "node:http"
import type { Socket } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import { fromListenError, RelayError } from "./RelayError.ts"
import type { RelaySettings } from "./RelayOptions.ts"

/** How long the other sides have to answer a close, in milliseconds, before they are cut off. */
export const closeGrace = 500

/** A server with all the sockets that it has open, upgraded ones too. */
export interface Listener {
  readonly server: Server
  readonly sockets: ReadonlySet<Socket>
}

/** A server that does not listen yet. */
export const makeListener = (): Listener => {
  const sockets = new Set<Socket>()
  const server = createServer().on("connection", (socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  return { server, sockets }
}

/** Listens where the settings say. */
export const layerServer = (
  { server }: Listener,
  { host, maxFrameSize, port }: RelaySettings
): Layer.Layer<HttpServer.HttpServer, RelayError> => {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return Layer.effect(
      HttpServer.HttpServer,
      Effect.fail(new RelayError({ reason: "port", host, port }))
    )
  }
  const options = {
    host,
    port,
    gracefulShutdownTimeout: closeGrace,
    websocket: { maxPayload: maxFrameSize }
  }
  return Layer.effect(
    HttpServer.HttpServer,
    NodeHttpServer.make(() => server, options).pipe(
      Effect.mapError(({ cause }) => fromListenError(host, port, cause))
    )
  )
}

/**
 * Takes no new connections, waits {@link closeGrace} at most until the open ones have ended, and
 * cuts off the rest: a silent peer must not hold the relay up.
 *
 * The time is real even where the clock is a test's: what is waited for are real sockets.
 */
export const drain = ({ server, sockets }: Listener): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const cutOff = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, closeGrace)
    server.close(() => {
      clearTimeout(cutOff)
      resume(Effect.void)
    })
  })
