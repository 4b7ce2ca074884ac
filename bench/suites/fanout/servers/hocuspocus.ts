/**
 * A Hocuspocus server. With its batching, several states of one turn would arrive as one message, and
 * messages could not be counted; so it is off.
 */
import { Server } from "@hocuspocus/server"
import { serve } from "./serve.ts"

const server = new Server({
  address: "127.0.0.1",
  port: 0,
  quiet: true,
  stopOnSignals: false,
  flushDelay: false,
  // Those who idle do so for as long as they like.
  timeout: 600_000
})

await server.listen()
serve(server.address.port)
