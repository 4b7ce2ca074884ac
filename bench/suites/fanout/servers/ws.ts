/**
 * A loop around `ws`, three ways to write it: as most do, with the text; as its README does, with the
 * bytes as they came; and with all writes of one turn of the event loop in one.
 */
import type { Socket } from "node:net"
import { type RawData, WebSocketServer, type WebSocket } from "ws"
import { portOf, serve } from "./serve.ts"

export type Way = "text" | "bytes" | "corked"

const way: Way = JSON.parse(process.argv[2] ?? "null")

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 })
const sockets = new Map<WebSocket, Socket>()
const corked = new Set<Socket>()

const uncork = () => {
  for (const socket of corked) socket.uncork()
  corked.clear()
}

const cork = (socket: Socket) => {
  if (corked.has(socket)) return
  if (corked.size === 0) setImmediate(uncork)
  socket.cork()
  corked.add(socket)
}

const broadcasts: { readonly [W in Way]: (data: RawData) => void } = {
  text: (data) => {
    const text = String(data)
    for (const socket of sockets.keys()) socket.send(text)
  },
  bytes: (data) => {
    for (const socket of sockets.keys()) socket.send(data, { binary: false })
  },
  corked: (data) => {
    for (const [webSocket, socket] of sockets) {
      cork(socket)
      webSocket.send(data, { binary: false })
    }
  }
}
const broadcast = broadcasts[way]

server
  .on("connection", (webSocket, { socket }) => {
    sockets.set(webSocket, socket)
    webSocket
      .on("message", broadcast)
      .on("error", () => webSocket.terminate())
      .on("close", () => sockets.delete(webSocket))
  })
  .on("listening", () => serve(portOf(server.address())))
