import { assert, it } from "@effect/vitest"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Socket } from "node:net"
import { decodeFrame, encodeNotification, encodeReply } from "../../src/bifur/JsonRpc.ts"
import { Auth, BifurTransport, Presence, PresenceState, SanityClient } from "../../src/index.ts"
import { settle } from "../support/FakeWebSocket.ts"
import { isStep } from "../support/isStep.ts"

/** A server that grants everything, and hands over its sockets. */
const server = Effect.gen(function* () {
  const wss = yield* Effect.acquireRelease(
    Effect.callback<NodeWS.WebSocketServer>((resume) => {
      const wss = new NodeWS.WebSocketServer({ port: 0, host: "127.0.0.1" })
      wss.on("listening", () => resume(Effect.succeed(wss)))
    }),
    (wss) => Effect.sync(() => wss.close())
  )
  const sockets = yield* Queue.unbounded<{ readonly ws: NodeWS.WebSocket; readonly tcp: Socket }>()
  wss.on("connection", (ws, request) => {
    ws.on("message", (data) => {
      const frame = decodeFrame(data.toString())
      if (frame._tag === "Request") ws.send(encodeReply(frame.id, "sub"))
    })
    Queue.offerUnsafe(sockets, { ws, tcp: request.socket })
  })
  const address = wss.address()
  const port = typeof address === "object" ? address?.port : undefined
  return { apiHost: `http://127.0.0.1:${port}`, sockets }
})

it.live("[R7] frames that arrive in one packet are one change of the state", () =>
  Effect.gen(function* () {
    const { apiHost, sockets } = yield* server
    const presence = yield* Effect.provide(
      Presence.use(Effect.succeed),
      yield* Layer.build(
        Presence.layer.pipe(
          Layer.provide(BifurTransport.layer),
          Layer.provide(Auth.layerNone),
          Layer.provide(SanityClient.layer({ projectId: "a", dataset: "d", apiHost }))
        )
      )
    )
    const { tcp, ws } = yield* Queue.take(sockets)
    yield* presence.ready
    const sizes = yield* SubscriptionRef.changes(presence.state).pipe(
      Stream.map((state) => PresenceState.toArray(state).length),
      Stream.takeUntil((size) => size === 96),
      Stream.runCollect,
      Effect.forkScoped({ startImmediately: true })
    )
    const told: Array<number> = []
    yield* presence.changes.pipe(
      Stream.filter(isStep),
      Stream.runForEachArray((changes) => Effect.sync(() => told.push(changes.length))),
      Effect.forkScoped({ startImmediately: true })
    )
    for (let burst = 0; burst < 3; burst++) {
      tcp.cork()
      for (let index = 0; index < 32; index++) {
        const result = {
          type: "state",
          i: `u${burst}-${index}`,
          m: { sessionId: "s", locations: [] }
        }
        ws.send(encodeNotification("presence_subscription", { subscription: "sub", result }))
      }
      tcp.uncork()
      yield* SubscriptionRef.changes(presence.state).pipe(
        Stream.filter((state) => PresenceState.toArray(state).length === 32 * (burst + 1)),
        Stream.runHead
      )
    }
    assert.deepStrictEqual(yield* Fiber.join(sizes), [0, 32, 64, 96])
    yield* settle
    assert.deepStrictEqual(told, [32, 32, 32], "and are told of together")
  })
)
