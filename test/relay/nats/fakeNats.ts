/** A server that speaks as much of NATS as a node needs to join, and does with its clients what a test wants. */
import { readFileSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Certificates } from "../../support/certificates.ts"
import { listen } from "../../support/listen.ts"

/** What it says of itself to whoever connects. */
export const greeting = (isTls: boolean): string =>
  `INFO {"server_id":"fake","version":"2.10.0","proto":1,"headers":true,"max_payload":1048576,"tls_required":${isTls}}\r\n`

export interface FakeNatsOptions {
  /** What becomes of the ping of that number on a connection, from 1. It is answered by default. */
  readonly onPing?: (socket: Socket, number: number) => void
  /** With TLS before the greeting, where given. */
  readonly tls?: Certificates
}

export const pong = (socket: Socket): void => void socket.write("PONG\r\n")

/** Listens until the scope closes. `open`: how many who have said who they are are connected. */
export const make = Effect.fnUntraced(function* ({
  onPing = pong,
  tls
}: FakeNatsOptions = {}): Effect.fn.Return<
  { readonly port: number; readonly open: () => number },
  never,
  Scope.Scope
> {
  let open = 0
  const serve = (socket: Socket): void => {
    let pings = 0
    let heard = ""
    socket.on("error", () => {})
    socket.on("data", (bytes: Buffer) => {
      const lines = (heard + bytes.toString("latin1")).split("\r\n")
      heard = lines.pop() ?? ""
      for (const line of lines) {
        if (line === "PING") onPing(socket, ++pings)
        if (!line.startsWith("CONNECT")) continue
        open++
        socket.once("close", () => open--)
      }
    })
    socket.write(greeting(tls !== undefined))
  }
  const server: Server =
    tls === undefined
      ? createServer(serve)
      : createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, serve)
  const { port } = yield* listen(server)
  return { port, open: () => open }
})
