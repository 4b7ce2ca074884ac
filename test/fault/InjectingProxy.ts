/**
 * A man in the middle of one client and its relay: forwards every frame both ways, and puts frames
 * of the test between those of the relay.
 */
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Method, notificationMethod } from "../../src/bifur/BifurEvent.ts"
import { decodeFrame, encodeNotification } from "../../src/bifur/JsonRpc.ts"

/** A request of the client, and when it came (milliseconds of `performance.now`). */
export interface SentRequest {
  readonly method: string
  readonly at: number
}

/**
 * - `subscription`: the live one of the client, once the relay has given it.
 * - `requests`: what the client asked so far.
 * - `inject`: sends frames to the client, a text as text and bytes as binary; ends when the network
 *   has taken the last of them.
 * - `publish`: the same for events, under the live subscription, as a server would.
 */
export interface SpoofProxy {
  readonly url: string
  readonly subscription: Effect.Effect<string>
  readonly requests: ReadonlyArray<SentRequest>
  readonly inject: (frames: ReadonlyArray<string | Uint8Array>) => Effect.Effect<void>
  readonly publish: (events: ReadonlyArray<unknown>) => Effect.Effect<void>
}

const listen = Effect.acquireRelease(
  Effect.callback<NodeWS.WebSocketServer>((resume) => {
    const server = new NodeWS.WebSocketServer({ port: 0, host: "127.0.0.1" })
    server.on("listening", () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.sync(() => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    })
)

/** What is sent before the upstream socket is open waits for it. */
const forward = (from: NodeWS.WebSocket, to: NodeWS.WebSocket, note: (text: string) => void) => {
  const early: Array<string> = []
  from.on("message", (data) => {
    const text = String(data)
    note(text)
    if (to.readyState === NodeWS.WebSocket.CONNECTING) early.push(text)
    else to.send(text)
  })
  to.on("open", () => early.forEach((text) => to.send(text)))
  from.on("close", () => to.terminate())
  from.on("error", () => undefined)
}

/** A proxy to the relay at `relayUrl`, until the scope closes. */
export const make = Effect.fnUntraced(function* (
  relayUrl: string
): Effect.fn.Return<SpoofProxy, never, Scope.Scope> {
  const subscription = yield* Deferred.make<string>()
  const requests: Array<SentRequest> = []
  let subscribeId: string | undefined
  let client: NodeWS.WebSocket | undefined

  const noteRequest = (text: string) => {
    const frame = decodeFrame(text)
    if (frame._tag !== "Request") return
    requests.push({ method: frame.method, at: performance.now() })
    if (frame.method === Method.subscribe) subscribeId = String(frame.id)
  }
  const noteReply = (text: string) => {
    if (subscribeId === undefined) return
    const frame = decodeFrame(text)
    if (frame._tag !== "Reply" || String(frame.id) !== subscribeId) return
    subscribeId = undefined
    Deferred.doneUnsafe(subscription, Effect.succeed(String(frame.result)))
  }

  const server = yield* listen
  server.on("connection", (socket, request) => {
    client = socket
    const upstream = new NodeWS.WebSocket(relayUrl.replace(/^http/, "ws") + request.url)
    forward(socket, upstream, noteRequest)
    forward(upstream, socket, noteReply)
  })

  const inject = (frames: ReadonlyArray<string | Uint8Array>) =>
    Effect.callback<void>((resume) => {
      const socket = client
      if (socket === undefined) return resume(Effect.die("no client is connected"))
      const sent = (error?: Error | null) => resume(error ? Effect.die(error) : Effect.void)
      const last = frames.length - 1
      for (const [index, frame] of frames.entries()) {
        if (index === last) socket.send(frame, sent)
        else socket.send(frame)
      }
      if (last < 0) resume(Effect.void)
    })

  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    subscription: Deferred.await(subscription),
    requests,
    inject,
    publish: (events) =>
      Effect.flatMap(Deferred.await(subscription), (id) =>
        inject(
          events.map((result) =>
            encodeNotification(notificationMethod, { subscription: id, result })
          )
        )
      )
  }
})
