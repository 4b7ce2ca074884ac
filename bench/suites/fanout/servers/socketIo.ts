/** A socket.io server with one room. */
import { createServer } from "node:http"
import { Server } from "socket.io"
import { portOf, serve } from "./serve.ts"

const http = createServer()
const io = new Server(http, { transports: ["websocket"] })

io.on("connection", async (socket) => {
  await socket.join("room")
  socket.on("state", (state: unknown) => io.to("room").emit("state", state))
})

http.listen(0, "127.0.0.1", () => serve(portOf(http.address())))
