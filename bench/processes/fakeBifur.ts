/** A server that publishes what clients say and, as hosted Bifur, nothing when one of them is gone. */
import { createServer } from "node:http"
import * as NodeWS from "@effect/platform-node/NodeWS"
import { Method, notificationMethod } from "../../src/bifur/BifurEvent.ts"
import { encodeNotification, encodeReply, heartbeat } from "../../src/bifur/JsonRpc.ts"

process.stdin.resume().once("close", () => process.exit())

const subscription = "sub"
const sockets = new Map<NodeWS.WebSocket, string>()

const publish = (result: unknown) => {
  const text = encodeNotification(notificationMethod, { subscription, result })
  for (const socket of sockets.keys()) socket.send(text)
}

const server = createServer()
new NodeWS.WebSocketServer({ server }).on("connection", (socket) => {
  let user = ""
  socket.once("close", () => sockets.delete(socket))
  socket.on("error", () => {})
  socket.on("message", (data) => {
    const { id, method, params } = JSON.parse(String(data))
    if (method === Method.authorization) user = params.authorization.replace("Bearer ", "")
    if (method === Method.subscribe) sockets.set(socket, user)
    socket.send(encodeReply(id, method === Method.subscribe ? subscription : {}))
    if (method === Method.announce) publish({ type: "state", i: user, m: params.data })
    if (method === Method.rollCall) {
      publish({ type: "rollCall", i: user, session: params.session })
    }
  })
})
setInterval(() => {
  for (const socket of sockets.keys()) socket.send(heartbeat)
}, 20_000)

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address !== null && typeof address === "object") console.log(address.port)
})
