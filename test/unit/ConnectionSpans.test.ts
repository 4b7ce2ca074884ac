/** The making of a connection as spans, on a socket that the test moves. */
import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import * as ConnectionSpans from "../../src/bifur/ConnectionSpans.ts"
import { encodeReply, encodeRequest } from "../../src/bifur/JsonRpc.ts"
import { collectSpans, nameAndEnd } from "../support/spans.ts"
import { stubWebSocket } from "../support/stubWebSocket.ts"

afterEach(() => {
  vi.unstubAllGlobals()
})

/** A socket as a connection has it, the other end of it, and the spans that were told. */
const setup = Effect.gen(function* () {
  const { layer, spans } = collectSpans()
  const socket = stubWebSocket()
  const open = yield* Effect.provide(
    Socket.WebSocketConstructor.useSync((make) => make),
    Layer.provide(ConnectionSpans.layer, layer)
  )
  return { near: open(socket.url), far: socket, told: () => spans.map(nameAndEnd) }
})

const authorize = encodeRequest("1", "authorization", { authorization: "Bearer unseen-t1" })
const subscribe = encodeRequest("2", "presence_subscribe", {})

describe("the spans of a connection", () => {
  it.effect("[O1] end with a failure where the socket breaks in the middle of a step", () =>
    Effect.gen(function* () {
      const { far, near, told } = yield* setup
      near.send(authorize)
      assert.deepStrictEqual(told(), ["presence.connect open", "presence.authorize open"])
      // An error and a close, as platforms tell it.
      far.fail()
      assert.deepStrictEqual(told(), ["presence.connect Failure", "presence.authorize Failure"])
    })
  )

  it.effect("[O1] are those of its steps: whatever else is said has none, and ends none", () =>
    Effect.gen(function* () {
      const { far, near, told } = yield* setup
      near.send(authorize)
      near.send("{}")
      near.send(encodeRequest("9", "presence_rollcall", { session: "s1" }))
      far.receive("♥", new Uint8Array(1), encodeReply("9", {}), encodeReply("1", {}))
      assert.deepStrictEqual(told(), ["presence.connect open", "presence.authorize Success"])
      near.send(subscribe)
      far.receive(encodeReply("2", "sub-1"))
      far.serverClose(1006)
      assert.deepStrictEqual(told(), [
        "presence.connect Success",
        "presence.authorize Success",
        "presence.subscribe Success"
      ])
    })
  )

  it.effect("leave the socket as it is: who listened to it and does no more hears nothing", () =>
    Effect.gen(function* () {
      const { far, near } = yield* setup
      const heard: Array<unknown> = []
      const listener = ({ data }: Socket.WebSocketEvent) => void heard.push(data)
      near.addEventListener("message", listener)
      far.receive("a")
      near.removeEventListener("message", listener)
      far.receive("b")
      assert.deepStrictEqual(heard, ["a"])
    })
  )
})
