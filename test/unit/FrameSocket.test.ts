/** A WebSocket that is listened to, moved by hand. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import * as TestClock from "effect/testing/TestClock"
import * as FrameSocket from "../../src/bifur/FrameSocket.ts"
import { notConnected } from "../../src/Transport.ts"
import { FakeWebSocket, settle } from "../support/FakeWebSocket.ts"

const url = "ws://abc.example/socket"

/** Runs one on a socket of the test's; `told` is what its listener was told. */
const setup = Effect.fnUntraced(function* (
  prepare: (socket: FakeWebSocket) => void = () => {},
  onFrame: (data: unknown) => void = () => {}
) {
  const socket = new FakeWebSocket(url)
  prepare(socket)
  const told: Array<unknown> = []
  let opened: FrameSocket.FrameSocket | undefined
  const fiber = yield* FrameSocket.run(url, Duration.seconds(10), {
    opened: (it) => {
      opened = it
      told.push("opened")
    },
    frame: (data) => {
      told.push(data)
      onFrame(data)
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.succeed(Socket.WebSocketConstructor)(() => socket)),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* settle
  const end = Effect.map(Fiber.await(fiber), (exit) =>
    Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  )
  return {
    socket,
    told,
    end,
    fiber,
    write: (text: string) => opened?.write(text) ?? Effect.die("it is not open")
  }
})

describe("FrameSocket", () => {
  it.effect("tells that it is open before anything that comes, each within the call", () =>
    Effect.gen(function* () {
      const { socket, told } = yield* setup()
      socket.receive("too early")
      assert.deepStrictEqual(told, [])
      socket.open()
      socket.receive("a", "b")
      assert.deepStrictEqual(told, ["opened", "a", "b"])
    })
  )

  it.effect("takes a socket that is open already", () =>
    Effect.gen(function* () {
      const { socket, told } = yield* setup((socket) => {
        socket.readyState = 1
      })
      socket.receive("a")
      assert.deepStrictEqual(told, ["opened", "a"])
    })
  )

  it.effect("says nothing after its end, and writes nothing", () =>
    Effect.gen(function* () {
      const { end, socket, told, write } = yield* setup()
      socket.open()
      socket.serverClose(4001, "token expired")
      socket.receive("late")
      assert.deepStrictEqual(told, ["opened"])
      assert.deepInclude(yield* end, { _tag: "Unauthorized", reason: "token expired" })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(write("text"))))
    })
  )

  it.effect("writes nothing, and says so, where the platform refuses to send", () =>
    Effect.gen(function* () {
      const { socket, told, write } = yield* setup((socket) => {
        socket.send = () => {
          throw new Error("its buffer is full")
        }
      })
      socket.open()
      const error = yield* Effect.flip(write("text"))
      assert.deepStrictEqual(error, notConnected)
      // It goes on: whether it lives, a probe finds out.
      socket.receive("a")
      assert.deepStrictEqual(told, ["opened", "a"])
    })
  )

  it.effect("ends at once on a socket that has closed before it was listened to", () =>
    Effect.gen(function* () {
      const { end, told } = yield* setup((socket) => {
        socket.readyState = 3
      })
      assert.deepInclude(yield* end, { _tag: "Lost" })
      assert.deepStrictEqual(told, [])
    })
  )

  it.effect("ends with the first reason, of an error and a close that follow each other", () =>
    Effect.gen(function* () {
      const { end, socket } = yield* setup()
      socket.fail()
      assert.deepInclude(yield* end, { _tag: "Lost", isUnexplained: true })
    })
  )

  it.effect("gives up on a server that does not answer, whatever happens then", () =>
    Effect.gen(function* () {
      const { end, socket, told } = yield* setup()
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* end, { _tag: "Lost", reason: "abc.example did not answer" })
      socket.open()
      socket.receive("late")
      assert.deepStrictEqual(told, [])
      assert.lengthOf(socket.closes, 1)
    })
  )

  it.effect("a defect of its listener ends it, and no other frame is told", () =>
    Effect.gen(function* () {
      const { end, socket, told } = yield* setup(undefined, () => {
        throw new Error("a bug")
      })
      socket.open()
      socket.receive("a", "b")
      assert.deepStrictEqual(told, ["opened", "a"])
      assert.include(String(yield* end), "a bug")
    })
  )

  it.effect("closes with its scope", () =>
    Effect.gen(function* () {
      const { fiber, socket } = yield* setup()
      socket.open()
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(socket.closes, [{ code: 1000, readyState: 1 }])
    })
  )
})
