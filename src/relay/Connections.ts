/**
 * The life of WebSockets: who gets one, what comes in on it, and its end.
 */
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { type WebSocket, WebSocketServer } from "@effect/platform-node/NodeWS"
import { CloseCode } from "../bifur/JsonRpc.ts"
import { Allowances } from "./Allowances.ts"
import { monotonicNow } from "./Clock.ts"
import type { Cluster } from "./Cluster.ts"
import { closeGrace, Connection, tryAgainLater } from "./Connection.ts"
import type { ConnectionLog } from "./ConnectionLog.ts"
import type { Intake } from "./Intake.ts"
import { makeMember, type Member } from "./Member.ts"
import type { Refusal, RelayCounts } from "./RelayCounts.ts"
import type { Places } from "./Places.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { RoomAddress } from "./RoomAddress.ts"
import {
  addressOf,
  countedNetwork,
  isAllowedOrigin,
  isForWebSocket,
  roomOf
} from "./SocketRequest.ts"
import { Tally } from "./Tally.ts"

/** What connections need of the rest of the relay. */
export interface ConnectionServices {
  readonly settings: RelaySettings
  readonly places: Places
  readonly cluster: Cluster
  readonly counts: RelayCounts
  readonly intake: Intake
  readonly log: ConnectionLog
}

/** A refusal that needs no WebSocket: an HTTP status and a reason. */
const refuseRequest = (socket: Duplex, status: string, message: string): void => {
  const body = `${JSON.stringify({ statusCode: Number.parseInt(status, 10), error: status.slice(4), message })}\n`
  socket.on("error", () => undefined)
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      "Connection: close",
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body
    ].join("\r\n")
  )
  // What has come is read, or its sender would be told of a reset and not of the reason; and who
  // does not close its own side must not keep the socket open.
  socket.resume()
  setTimeout(() => socket.destroy(), closeGrace).unref()
}

/**
 * Pieces of one message, and reads in which they may come: each costs memory many times its size.
 * Clients send a message as one piece; a proxy may make a few of it.
 */
const maxPieces = 1_024

/**
 * What is read of a user on all connections together, in bytes: as much as of two connections that send
 * large requests (4 KiB count as one). Of those that cost most, of a great many values, a MiB takes about
 * 30 ms, so one user has an eighth of the relay's time by default, and 30 ms of it at once.
 */
const readingRate = ({ maxRequestsPerSecond }: RelaySettings) => ({
  perSecond: maxRequestsPerSecond * 8 * 1024,
  atOnce: maxRequestsPerSecond * 2 * 1024,
  // The end of a connection that is not read goes unnoticed.
  longestWait: 10_000
})

/**
 * Who pays for what is read: a user, on all connections. Those that have shown no token pay together where
 * they are of one network, or a thousand of them would have the relay's time a thousand times.
 */
const payerOf = ({ connection, network, user }: Member): string => {
  if (user !== undefined) return `user ${user.id}`
  return network === undefined ? `connection ${connection.owner.id}` : `network ${network}`
}

/** What a message costs beside its bytes, as so many of them. */
const bytesPerMessage = 256

/** The options of the package. Not all of them are in its types. */
const serverOptions = ({ maxFrameSize }: RelaySettings) => ({
  noServer: true,
  clientTracking: false,
  // Frames that are written past the package must not be compressed by it.
  perMessageDeflate: false,
  // A flood of pings would be one of pongs.
  autoPong: false,
  maxPayload: maxFrameSize,
  maxFragments: maxPieces,
  maxBufferedChunks: Math.max(maxPieces, Math.ceil(maxFrameSize / 256)),
  // Who says goodbye, or breaks the protocol, and does not close the socket is gone all the same.
  closeTimeout: closeGrace
})

/**
 * The open connections.
 *
 * @example
 * server.on("upgrade", (request, socket, head) => connections.upgrade(request, socket, head))
 */
export class Connections {
  readonly members = new Set<Member>()
  readonly #services: ConnectionServices
  readonly #server: WebSocketServer
  readonly #byNetwork = new Tally()
  readonly #allowances: Allowances
  #checkedAt = monotonicNow()
  #isDraining = false

  constructor(services: ConnectionServices) {
    this.#services = services
    this.#allowances = new Allowances(readingRate(services.settings))
    this.#server = new WebSocketServer(serverOptions(services.settings))
  }

  /** Whether {@link drain} has begun: nobody may come in any more. */
  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Answers a request for a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { settings } = this.#services
    const address = addressOf(request, settings)
    const room = roomOf(request, settings)
    if (!isForWebSocket(request) || room === undefined) {
      return refuseRequest(socket, "404 Not Found", "There is no WebSocket at this path.")
    }
    const network = countedNetwork(address)
    const refusal = this.#refusal(request.headers.origin, network)
    if (refusal !== undefined) {
      const { counts } = this.#services
      if (refusal.reason === "origin") counts.refuseOrigin(request.headers.origin)
      else counts.refuse(refusal.reason)
      return refuseRequest(socket, refusal.status, refusal.message)
    }
    // Until the package has taken over, an error would have no listener.
    socket.on("error", () => undefined)
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#open(webSocket, socket, address, room)
    )
  }

  /** A sign of life to every connection. */
  heartbeat(frame: string): void {
    for (const { connection } of this.members) connection.send(frame)
  }

  /** Asks the silent for a sign of life, and gives up those who gave none and those who do not read. */
  check(now: number): void {
    const { counts, settings } = this.#services
    this.#allowances.prune(now)
    const sinceLast = now - this.#checkedAt
    this.#checkedAt = now
    // What came while the relay stood still has not been read yet.
    const stoodStill = sinceLast > settings.silenceTimeout / 2 ? sinceLast : 0
    for (const { connection } of this.members) {
      if (stoodStill > 0) connection.forgive(stoodStill)
      // One that is not read has a deadline: that of its authorization, or of its user's allowance.
      const silence = connection.isPaused ? 0 : now - connection.heardAt
      if (silence >= settings.silenceTimeout) {
        counts.refuse("dead")
        connection.terminate()
      } else {
        if (silence >= settings.silenceTimeout / 2) connection.ping()
        connection.giveUpAfter(settings.slowReaderTimeout, now)
      }
    }
  }

  /** From now on nobody comes in, and who leaves is expected back elsewhere. */
  stopAccepting(): void {
    this.#isDraining = true
  }

  #refusal(
    origin: string | undefined,
    network: string | undefined
  ): { readonly reason: Refusal; readonly status: string; readonly message: string } | undefined {
    const { settings } = this.#services
    if (this.#isDraining) {
      const message = "The relay is shutting down; try again."
      return { reason: "draining", status: "503 Service Unavailable", message }
    }
    if (!isAllowedOrigin(settings.allowedOrigins, origin)) {
      const message = "Pages of this origin may not connect to this relay."
      return { reason: "origin", status: "403 Forbidden", message }
    }
    if (this.members.size >= settings.maxConnections) {
      const message = "The relay has as many connections as it takes; try again later."
      return { reason: "connections", status: "503 Service Unavailable", message }
    }
    if (network !== undefined && this.#byNetwork.of(network) >= settings.maxConnectionsPerAddress) {
      const message = "Too many connections from this address."
      return { reason: "address", status: "429 Too Many Requests", message }
    }
    return undefined
  }

  #open(webSocket: WebSocket, socket: Duplex, address: string, room: RoomAddress): void {
    const { cluster, counts, intake, log, places, settings } = this.#services
    const connection = new Connection(cluster.newOwner(), webSocket, socket, counts)
    webSocket.on("error", (error) => {
      if (isTooLarge(error)) counts.refuse("frame-size")
    })
    counts.opened++
    const network = countedNetwork(address)
    if (network !== undefined) this.#byNetwork.add(network)
    const member = makeMember(connection, room, network)
    this.members.add(member)
    log.opened(connection.owner.id, address, room)
    const deadline = setTimeout(() => this.#unauthorized(member), settings.authorizationTimeout)
    let messages = 0
    const hear = (): void => {
      connection.heardAt = monotonicNow()
      messages++
    }
    socket.on("data", (data: Buffer) => {
      const amount = data.length + messages * bytesPerMessage
      messages = 0
      this.#spend(member, amount)
    })
    webSocket.on("pong", hear)
    webSocket.on("ping", (data) => {
      hear()
      if (intake.ping(member)) webSocket.pong(data)
    })
    webSocket.on("message", (data, isBinary) => {
      hear()
      counts.received++
      intake.receive(member, isBinary ? "" : String(data))
    })
    webSocket.on("close", (code) => {
      log.closed(connection.owner.id, code)
      clearTimeout(deadline)
      clearTimeout(member.rollCallTimer)
      clearTimeout(member.paceTimer)
      member.decision?.interruptUnsafe()
      this.members.delete(member)
      if (network !== undefined) this.#byNetwork.remove(network)
      places.leave(member, this.#graceOf(connection))
    })
  }

  /** Who has sent more than the relay takes for now is not refused, but not read for a while. */
  #spend(member: Member, amount: number): void {
    const { connection } = member
    const wait = this.#allowances.spend(payerOf(member), amount, monotonicNow())
    if (wait === 0 || !connection.isOpen) return
    this.#services.counts.pauses++
    connection.pauseFor(wait)
  }

  /** How long its sessions stay, in milliseconds. */
  #graceOf({ isSentAway }: Connection): number {
    const { nodeReturnGrace, returnGrace } = this.#services.settings
    return this.#isDraining || isSentAway ? nodeReturnGrace : returnGrace
  }

  #unauthorized({ connection, user, waiting }: Member): void {
    if (user !== undefined || !connection.isOpen) return
    // Not the client's fault: 4001 would tell it never to come back.
    if (waiting !== undefined) {
      this.#services.counts.undecide("timeout")
      return connection.close(tryAgainLater, "the token could not be checked in time; try again")
    }
    this.#services.counts.refuse("authorization-timeout")
    const seconds = this.#services.settings.authorizationTimeout / 1_000
    connection.close(CloseCode.unauthorized, `not authorized within ${seconds} s`)
  }
}

/** What the package says of a message that is too large, or comes in too many pieces. */
const tooLarge: ReadonlyArray<unknown> = [
  "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
  "WS_ERR_TOO_MANY_BUFFERED_PARTS"
]

const isTooLarge = (error: Error): boolean => "code" in error && tooLarge.includes(error.code)
