/** Frames as a listener is told of them: whatever is in a token, it is not in a frame. */
import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import { encodeErrorReply, encodeRequest } from "../../src/bifur/JsonRpc.ts"
import { FrameTrace } from "../../src/index.ts"
import { FakeWebSocket } from "../support/FakeWebSocket.ts"

const tokens = [
  "sk-plain-0123456789",
  String.raw`sk"quoted\back"slashed-0123`,
  "sk-ünïcode\n\t-0123"
]

afterEach(() => {
  vi.unstubAllGlobals()
})

/** A socket through the listener, and what the listener is told. */
const traced = Effect.gen(function* () {
  const told: Array<string> = []
  const socket = new FakeWebSocket("ws://abc.example/socket")
  socket.open()
  // What a constructor returns is what `new` gives.
  vi.stubGlobal("WebSocket", function WebSocket() {
    return socket
  })
  const layer = FrameTrace.layerListener(({ text }) => told.push(text))
  const make = yield* Effect.provide(
    Socket.WebSocketConstructor.useSync((make) => make),
    layer
  )
  return { open: make("ws://abc.example/socket"), socket, told }
})

describe("the trace of frames", () => {
  it.effect.each(tokens)("[O1] leaves out a token, and whatever repeats it: %j", (token) =>
    Effect.gen(function* () {
      const { open, socket, told } = yield* traced
      open.send(encodeRequest("1", "authorization", { authorization: `Bearer ${token}` }))
      const message = `The token ${token} is unknown.`
      socket.receive(encodeErrorReply("1", { code: 4001, message }))
      socket.receive(message)
      assert.lengthOf(told, 3)
      for (const text of told) {
        assert.include(text, "<token>")
        for (const part of [token, JSON.stringify(token).slice(1, -1), token.slice(-6)]) {
          assert.notInclude(text, part)
        }
      }
    })
  )

  it.effect("[O1] leaves out a token that stands twice in a frame", () =>
    Effect.gen(function* () {
      const { open, told } = yield* traced
      const authorization = "Bearer sk-plain-0123456789"
      open.send(JSON.stringify({ authorization, repeated: authorization }))
      assert.deepStrictEqual(told, [
        JSON.stringify({ authorization: "Bearer <token>", repeated: "Bearer <token>" })
      ])
    })
  )

  it.effect("[O1] [R2] tells of a frame that is no JSON, too", () =>
    Effect.gen(function* () {
      const { socket, told } = yield* traced
      socket.receive(String.raw`{"authorization":"Bearer \x-0123456789"}`)
      assert.deepStrictEqual(told, ['{"authorization":"Bearer <token>"}'])
    })
  )
})
