/** Frames as a listener is told of them: whatever is in a token, it is not in a frame. */
import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import * as Socket from "effect/socket/Socket"
import { encodeErrorReply, encodeRequest } from "../../src/bifur/JsonRpc.ts"
import { FrameTrace } from "../../src/index.ts"
import { settle } from "../support/FakeWebSocket.ts"
import { stubWebSocket } from "../support/stubWebSocket.ts"

const tokens = [
  "sk-plain-0123456789",
  String.raw`sk"quoted\back"slashed-0123`,
  "sk-ünïcode\n\t-0123"
]

afterEach(() => {
  vi.unstubAllGlobals()
})

/** A socket whose frames go through a layer, and what was logged of them. */
const logging = Effect.fnUntraced(function* (level: LogLevel.LogLevel) {
  const logged: Array<readonly [string, unknown]> = []
  const logger = Logger.make(({ fiber, message }) => {
    logged.push([String(message), fiber.getRef(References.CurrentLogAnnotations)])
  })
  const socket = stubWebSocket()
  const open = yield* Effect.provide(
    Socket.WebSocketConstructor.useSync((make) => make),
    FrameTrace.layer
  ).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, level)
  )
  open(socket.url).send(encodeRequest("1", "authorization", { authorization: "Bearer unseen-t1" }))
  socket.receive("♥", new Uint8Array(1))
  yield* settle
  return logged
})

describe("the log of frames", () => {
  it.effect("[O1] has every frame at the level Trace, in both directions, without the token", () =>
    Effect.gen(function* () {
      const logged = yield* logging("Trace")
      assert.deepStrictEqual(logged.map(([text]) => text).slice(1), ["♥", "(binary)"])
      assert.include(logged[0]?.[0], "Bearer <token>")
      const directions = ["sent", "received", "received"]
      for (const [index, [, annotations]] of logged.entries()) {
        assert.deepInclude(annotations, { action: "presence/frame", direction: directions[index] })
      }
    })
  )

  it.effect("[O1] has none of them at any other level", () =>
    Effect.gen(function* () {
      assert.isEmpty(yield* logging("Debug"))
    })
  )
})

/** A socket through the listener, and what the listener is told. */
const traced = Effect.gen(function* () {
  const told: Array<string> = []
  const socket = stubWebSocket()
  const layer = FrameTrace.layerListener(({ text }) => told.push(text))
  const make = yield* Effect.provide(
    Socket.WebSocketConstructor.useSync((make) => make),
    layer
  )
  return { open: make(socket.url), socket, told }
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
