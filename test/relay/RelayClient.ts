/** A bare client of the protocol, for tests: what it sends and what it saw, nothing hidden. */
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import { BifurEvent, notificationMethod } from "../../src/bifur/BifurEvent.ts"
import { decodeFrame, encodeRequest, type RpcError } from "../../src/bifur/JsonRpc.ts"

export interface Reply {
  readonly result?: unknown
  readonly error?: RpcError
}

const decodeParams = Schema.decodeUnknownSync(
  Schema.Struct({ subscription: Schema.String, result: BifurEvent })
)

/** Connects, and closes with the scope. `host` replaces the Host header. */
export const connect = Effect.fnUntraced(function* (
  relayUrl: string,
  path = "/v2022-06-30/socket/production?tag=test",
  host?: string
) {
  const events = yield* Queue.unbounded<BifurEvent>()
  const heartbeats = yield* Queue.unbounded<void>()
  const strays = yield* Queue.unbounded<RpcError>()
  const closed = yield* Deferred.make<{ readonly code: number; readonly reason: string }>()
  const opened = yield* Deferred.make<void>()
  const waiting = new Map<string, (reply: Reply) => void>()
  let lastId = 0

  const receive = (text: string) => {
    const frame = decodeFrame(text)
    switch (frame._tag) {
      case "Heartbeat":
        return Queue.offerUnsafe(heartbeats, undefined)
      case "Notification":
        if (frame.method !== notificationMethod) throw new Error(`unexpected ${frame.method}`)
        return Queue.offerUnsafe(events, decodeParams(frame.params).result)
      case "Reply":
        return waiting.get(String(frame.id))?.({ result: frame.result })
      case "ErrorReply":
        return frame.id === undefined
          ? Queue.offerUnsafe(strays, frame.error)
          : waiting.get(String(frame.id))?.({ error: frame.error })
      default:
        throw new Error(`unexpected frame ${text}`)
    }
  }

  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const url = relayUrl.replace(/^http/, "ws") + path
      return new NodeWS.WebSocket(url, host === undefined ? {} : { headers: { host } })
    }),
    (socket) => Effect.sync(() => socket.terminate())
  )
  socket.on("open", () => Deferred.doneUnsafe(opened, Effect.void))
  socket.on("message", (data, isBinary) => {
    if (isBinary) throw new Error("unexpected binary frame")
    receive(String(data))
  })
  socket.on("error", (error) => Deferred.doneUnsafe(opened, Effect.die(error)))
  socket.on("close", (code, reason) => {
    Deferred.doneUnsafe(closed, Effect.succeed({ code, reason: String(reason) }))
  })
  yield* Deferred.await(opened)

  const request = (write: (id: string) => string) =>
    Effect.callback<Reply>((resume) => {
      const id = `${++lastId}`
      waiting.set(id, (reply) => resume(Effect.succeed(reply)))
      socket.send(write(id))
    })
  const call = (method: string, params: { readonly [key: string]: unknown } = {}) =>
    request((id) => encodeRequest(id, method, params))

  return {
    socket,
    call,
    /** A request whose text follows `"method":`, up to its last brace. */
    callRaw: (text: string) => request((id) => `{"jsonrpc":"2.0","id":"${id}","method":${text}}`),
    /** Sends a text frame as it is. */
    send: (text: string | Uint8Array) => socket.send(text),
    authorize: (user: string) => call("authorization", { authorization: `Bearer ${user}` }),
    subscribe: call("presence_subscribe"),
    announce: (sessionId: string, locations: ReadonlyArray<unknown> = []) =>
      call("presence_announce", { data: { sessionId, locations } }),
    rollCall: (session: string) => call("presence_rollcall", { session }),
    disconnect: (session: string) => call("presence_disconnect", { session }),
    /** The next event of the room. */
    next: Queue.take(events),
    /** The events that came and were not taken, once everything sent before has been answered. */
    rest: Effect.andThen(call("no_such_method"), Queue.clear(events)),
    /** The events that came so far and were not taken. */
    waiting: Queue.clear(events),
    heartbeat: Queue.take(heartbeats),
    /** The next error reply without an id. */
    stray: Queue.take(strays),
    closed: Deferred.await(closed)
  }
})

/** A client that is authorized and subscribed. */
export const join = Effect.fnUntraced(function* (
  relayUrl: string,
  user: string,
  path?: string,
  host?: string
) {
  const client = yield* connect(relayUrl, path, host)
  yield* client.authorize(user)
  yield* client.subscribe
  return client
})

export const state = (
  user: string,
  sessionId: string,
  locations: ReadonlyArray<unknown> = []
): unknown => ({ type: "state", i: user, m: { sessionId, locations } })

export const gone = (user: string, session: string): unknown => ({
  type: "disconnect",
  i: user,
  m: { session }
})
