/**
 * The making of a connection as spans: told from the frames that go over its socket.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import type * as Tracer from "effect/Tracer"
import { Method } from "./BifurEvent.ts"
import { decodeFrame } from "./JsonRpc.ts"
import * as SocketTap from "./SocketTap.ts"

/** The requests that make a connection, and what their spans are called. */
const steps: { readonly [method: string]: string } = {
  [Method.authorization]: "presence.authorize",
  [Method.subscribe]: "presence.subscribe"
}

/** Why a step of a connection, or the connection, came to nothing. */
class ConnectionIncomplete extends Error {
  override readonly name = "ConnectionIncomplete"
}

const failed = (reason: string) => Exit.fail(new ConnectionIncomplete(reason))

/** One socket's spans, from its making to the subscription. */
const makeTap = (
  url: string,
  startSpan: (name: string, parent?: Tracer.AnySpan) => Tracer.Span,
  now: () => bigint
): SocketTap.Tap => {
  const connect = startSpan("presence.connect")
  const { host, pathname } = new URL(url)
  connect.attribute("server.address", host)
  connect.attribute("url.path", pathname)
  let isOver = false
  const open = new Map<string, { readonly span: Tracer.Span; readonly method: string }>()

  const end = (exit: Exit.Exit<unknown, unknown>) => {
    if (isOver) return
    isOver = true
    for (const { span } of open.values()) span.end(now(), exit)
    open.clear()
    connect.end(now(), exit)
  }
  return {
    sent: (data) => {
      // After the subscription nothing is read any more: frames are many then.
      if (isOver || typeof data !== "string") return
      const frame = decodeFrame(data)
      if (frame._tag !== "Request") return
      const name = steps[frame.method]
      if (name === undefined) return
      open.set(String(frame.id), { span: startSpan(name, connect), method: frame.method })
    },
    received: (data) => {
      if (isOver || typeof data !== "string") return
      const frame = decodeFrame(data)
      if (frame._tag !== "Reply" && frame._tag !== "ErrorReply") return
      const step = open.get(String(frame.id))
      if (step === undefined) return
      open.delete(String(frame.id))
      const exit = frame._tag === "Reply" ? Exit.void : failed(`refused: code ${frame.error.code}`)
      step.span.end(now(), exit)
      if (step.method === Method.subscribe || frame._tag === "ErrorReply") end(exit)
    },
    ended: (reason) => end(failed(reason))
  }
}

/** The global `WebSocket`, each of whose connections is a span, `presence.connect`. */
export const layer: Layer.Layer<Socket.WebSocketConstructor> = Layer.unwrap(
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const runSync = Effect.runSyncWith(yield* Effect.context<never>())
    return SocketTap.layer((url) =>
      makeTap(
        url,
        (name, parent) =>
          runSync(Effect.makeSpan(name, parent === undefined ? { root: true } : { parent })),
        () => clock.currentTimeNanosUnsafe()
      )
    )
  })
)
