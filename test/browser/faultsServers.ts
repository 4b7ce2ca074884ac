/** Servers that are no relay: they refuse, end or ignore whoever comes. */
import { createHash } from "node:crypto"
import { createServer as createHttpServer, type IncomingMessage } from "node:http"
import { createServer } from "node:net"
import type { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { listen, urlOf } from "../support/listen.ts"

interface Answers {
  /** Whether pages of other origins may read the answers. */
  readonly cors: boolean
  /** The HTTP status of `/users/me`. */
  readonly me: number
  /** The HTTP status of everything else, the upgrade included. */
  readonly upgrade: number
}

const corsHeaders = ({ headers }: IncomingMessage) => ({
  "access-control-allow-origin": headers.origin ?? "*",
  "access-control-allow-credentials": "true",
  "access-control-allow-headers": headers["access-control-request-headers"] ?? ""
})

/** A server that speaks HTTP and no WebSocket, until the scope closes; its address. */
export const refusing = ({
  cors,
  me,
  upgrade
}: Answers): Effect.Effect<string, never, Scope.Scope> => {
  const server = createHttpServer((request, response) => {
    const headers = cors ? corsHeaders(request) : {}
    if (request.method === "OPTIONS") return response.writeHead(cors ? 204 : 403, headers).end()
    const status = request.url?.includes("/users/me") === true ? me : upgrade
    response
      .writeHead(status, { ...headers, "content-type": "application/json" })
      .end(JSON.stringify({ statusCode: status, id: "p-ada" }))
  })
  server.on("upgrade", (_request, socket: Duplex) =>
    socket.end(`HTTP/1.1 ${upgrade} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
  )
  return Effect.map(listen(server), urlOf)
}

/** What a server says to the key of a WebSocket handshake, by RFC 6455. */
const acceptOf = (key = "") =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")

const closeFrame = (code: number, reason: string): Buffer => {
  const text = Buffer.from(reason)
  const head = Buffer.from([0x88, 2 + text.length, code >> 8, code & 0xff])
  return Buffer.concat([head, text])
}

/** A server that opens every WebSocket and closes it at once, until the scope closes; its address. */
export const closing = (
  code: number,
  reason: string
): Effect.Effect<string, never, Scope.Scope> => {
  const server = createHttpServer()
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    const accept = acceptOf(request.headers["sec-websocket-key"])
    socket.on("error", () => socket.destroy())
    socket.write(
      `HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`
    )
    socket.end(closeFrame(code, reason))
  })
  return Effect.map(listen(server), urlOf)
}

/** A server that takes every connection and never says anything, until the scope closes; its address. */
export const silent: Effect.Effect<string, never, Scope.Scope> = Effect.suspend(() =>
  Effect.map(listen(createServer((socket) => socket.on("error", () => {}).resume())), urlOf)
)
