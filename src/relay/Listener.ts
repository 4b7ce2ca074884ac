/**
 * The HTTP server under the relay, and its end.
 */
import { createServer, type Server } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import * as Effect from "effect/Effect"
import { closeGrace } from "./Connection.ts"
import { fromListenError, RelayError } from "./RelayError.ts"
import type { RelayCounts } from "./RelayCounts.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import { addressOf, countedNetwork, isForWebSocket } from "./SocketRequest.ts"
import { Tally } from "./Tally.ts"

/** A server with all the sockets that it has open, upgraded ones too. */
export interface Listener {
  readonly server: Server
  readonly sockets: ReadonlySet<Socket>
}

/** How often Node looks for requests that take too long, in milliseconds. */
const checkInterval = 500

/** Sockets that may stay beyond the connections: of requests, health checks among them. */
const spareSockets = 1_000

/** The same for a network, beyond the connections of an address. */
const spareSocketsPerNetwork = 100

/** A server that does not listen yet. */
export const makeListener = (settings: RelaySettings, counts: RelayCounts): Listener => {
  const options = {
    headersTimeout: settings.handshakeTimeout,
    requestTimeout: settings.handshakeTimeout,
    connectionsCheckingInterval: Math.min(checkInterval, settings.handshakeTimeout),
    // Clients of HTTP offer HTTP/2 on their own; nobody else would answer them then. (Node 24.9.)
    shouldUpgradeCallback: isForWebSocket
  }
  const server =
    settings.tls === undefined
      ? createServer(options)
      : createTlsServer({
          ...options,
          ...settings.tls,
          handshakeTimeout: settings.handshakeTimeout
        })
  // A client that reads no answers. What takes longest before one is to ask whose a token is.
  server.timeout = settings.handshakeTimeout + settings.authorizationTimeout
  server.maxConnections = settings.maxConnections + spareSockets
  server.on("drop", () => counts.refuse("sockets"))
  countTimeouts(server, counts)
  const sockets = new Set<Socket>()
  const byNetwork = new Tally()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    const network = networkOfSocket(socket, settings)
    if (network === undefined) return
    byNetwork.add(network)
    socket.once("close", () => byNetwork.remove(network))
    if (byNetwork.of(network) > settings.maxConnectionsPerAddress + spareSocketsPerNetwork) {
      counts.refuse("sockets")
      socket.destroy()
    }
  })
  return { server, sockets }
}

/** What Node says of sockets that it cuts off because they have not said in time what they want. */
const tookTooLong: ReadonlyArray<unknown> = [
  "ERR_HTTP_REQUEST_TIMEOUT",
  "ERR_TLS_HANDSHAKE_TIMEOUT"
]

/** Counts them. What they are told stays with Node: a listener of `clientError` would have to do that. */
const countTimeouts = (server: Server, counts: RelayCounts): void => {
  const count = (error: NodeJS.ErrnoException | null): void => {
    if (tookTooLong.includes(error?.code)) counts.refuse("handshake-timeout")
  }
  const watch = (socket: Socket): void => {
    socket.once("close", () => count(socket.errored))
  }
  server.on("connection", watch)
  // Over TLS it is this one that is cut off, and none before there is one.
  server.on("secureConnection", watch)
  server.on("tlsClientError", count)
}

/** The network that a socket counts in: none where a proxy is all of them. */
const networkOfSocket = (
  socket: Socket,
  { trustedProxies }: Pick<RelaySettings, "trustedProxies">
): string | undefined =>
  trustedProxies > 0
    ? undefined
    : countedNetwork(addressOf({ headers: {}, socket }, { trustedProxies }))

/** Listens where the settings say; gives the port. */
export const listen = (
  { server }: Listener,
  { host, port }: RelaySettings
): Effect.Effect<number, RelayError> =>
  Effect.callback((resume) => {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      return resume(Effect.fail(new RelayError({ reason: "port", host, port })))
    }
    const onError = (cause: unknown): void =>
      resume(Effect.fail(fromListenError(host, port, cause)))
    server.once("error", onError)
    server.listen({ host, port }, () => {
      server.off("error", onError)
      // Later ones belong to single sockets.
      server.on("error", () => undefined)
      resume(Effect.succeed(portOf(server.address()) ?? port))
    })
  })

const portOf = (address: AddressInfo | string | null): number | undefined =>
  typeof address === "object" ? address?.port : undefined

/**
 * Takes no new connections, waits {@link closeGrace} at most until the open ones have ended, and
 * cuts off the rest: a silent peer must not hold the relay up.
 *
 * The time is real even where the clock is a test's: what is waited for are real sockets.
 */
export const close = ({ server, sockets }: Listener): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const cutOff = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, closeGrace)
    server.close(() => {
      clearTimeout(cutOff)
      resume(Effect.void)
    })
  })
