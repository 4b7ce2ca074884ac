/** One socket and what is asked on it, moved by hand. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Socket from "effect/socket/Socket"
import * as Connection from "../../src/bifur/Connection.ts"
import type { ConnectionEnd } from "../../src/bifur/ConnectionEnd.ts"
import { PresenceConfig } from "../../src/index.ts"
import { FakeWebSocket, settle } from "../support/FakeWebSocket.ts"

const url = "ws://abc.example/socket"

/** Runs one on a socket of the test's, which is open; `onFrame` is told of what comes. */
const setup = Effect.fnUntraced(function* (onFrame: () => void = () => {}) {
  const socket = new FakeWebSocket(url)
  const ends: Array<ConnectionEnd> = []
  const logged: Array<string> = []
  let link: Connection.Link | undefined
  yield* Connection.run({
    url,
    config: PresenceConfig.make({}),
    redact: (text) => text.replaceAll("secret", "<token>"),
    handler: {
      opened: (opened) => (link = opened),
      subscribed: () => {},
      heard: onFrame,
      received: () => {},
      ended: (end) => ends.push(end)
    }
  }).pipe(
    Effect.provide(Layer.succeed(Socket.WebSocketConstructor)(() => socket)),
    Effect.provide(
      Logger.layer([
        Logger.make(({ logLevel, message }) => logged.push(`${logLevel} ${String(message)}`))
      ])
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* settle
  socket.open()
  assert(link !== undefined)
  return { socket, ends, logged, link }
})

describe("a connection", () => {
  it.effect("ends alone, to be tried again, for input that nobody thought of", () =>
    Effect.gen(function* () {
      const { ends, logged, socket } = yield* setup(() => {
        throw new Error("a bug")
      })
      socket.receive("♥")
      yield* settle
      assert.deepStrictEqual(ends, [{ _tag: "Lost", reason: "an unexpected error" }])
      assert.lengthOf(logged, 1)
      assert.include(logged[0], "Error A connection ended unexpectedly")
    })
  )

  it.effect("is asked nothing more once it has ended: what is, fails at once", () =>
    Effect.gen(function* () {
      const { ends, link, socket } = yield* setup()
      socket.serverClose(1006, "secret")
      yield* settle
      assert.lengthOf(ends, 1)
      assert.notInclude(JSON.stringify(ends), "secret")
      const { request } = link.rpc
      const { requestTimeout: timeout } = PresenceConfig.make({})
      const error = yield* Effect.flip(request("presence_announce", {}, { timeout }))
      assert.strictEqual(error.reason._tag, "NotConnected")
      assert.deepStrictEqual(socket.methods, [])
    })
  )
})
