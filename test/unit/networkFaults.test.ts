import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { lost } from "../../src/bifur/ConnectionEnd.ts"
import { ConnectionStatus } from "../../src/index.ts"
import {
  announce,
  connect,
  generation,
  live,
  nextSocket,
  probesOf,
  reasonOf,
  type Setup,
  setup,
  token
} from "../support/FakeBifur.ts"
import { settle } from "../support/FakeWebSocket.ts"

describe("waits between attempts", () => {
  it.effect("[C3] are never longer than the trouble, 1 s aside", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      let trouble = 0
      for (let attempt = 1; attempt <= 60; attempt++) {
        test.sockets.last().fail()
        yield* settle
        const waited = yield* nextSocket(test)
        assert.isAtMost(waited, Math.max(1_000, trouble) + 50)
        trouble += waited
      }
    })
  )

  it.effect(
    "[R4] the outage that is told with a connection began when the last stable one ended",
    () =>
      Effect.gen(function* () {
        const test = yield* setup()
        const first = yield* connect(test)
        yield* TestClock.adjust("11 seconds")
        first.serverClose(1006)
        yield* settle
        yield* nextSocket(test)
        // Too short to be the end of it.
        const second = yield* connect(test)
        yield* TestClock.adjust("5 seconds")
        second.serverClose(1006)
        yield* settle
        yield* nextSocket(test)
        yield* connect(test)
        const outages = test.signals.flatMap((signal) =>
          signal._tag === "Connected" ? [signal.outage] : []
        )
        assert.strictEqual(outages[0], 0)
        assert.isAtMost(outages[1] ?? Infinity, 200)
        assert.isAbove(outages[2] ?? 0, 5_000)
      })
  )
})

describe("a socket that does not open", () => {
  const fail = Effect.fnUntraced(function* (test: Setup) {
    test.sockets.last().fail()
    yield* settle
  })

  it.effect("[C7] is looked into from the second failure, and not again for 30 s", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      yield* fail(test)
      assert.strictEqual(test.inquiry.asked, 0)
      let waited = 0
      while (waited < 29_000) {
        waited += yield* nextSocket(test)
        yield* fail(test)
      }
      assert.isAtMost(test.inquiry.asked, 2)
      assert.isAtLeast(test.inquiry.asked, 1)
      assert.strictEqual(reasonOf(yield* test.status), "nobody knows why")
    })
  )

  it.effect("[C7] because the token is refused: not tried again until it changes", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.inquiry.explanation = { _tag: "Unauthorized", reason: "HTTP 401" }
      yield* fail(test)
      yield* nextSocket(test)
      yield* fail(test)
      assert.deepStrictEqual(yield* test.status, { _tag: "Unauthorized", reason: "HTTP 401" })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(test.sockets.all.length, 2)
      test.inquiry.explanation = lost("not the token")
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      yield* nextSocket(test)
      yield* connect(test)
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect("[C7] is not looked into while the machine says that it is offline", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.page.state.online = false
      for (let attempt = 0; attempt < 5; attempt++) {
        yield* fail(test)
        yield* nextSocket(test)
      }
      assert.strictEqual(test.inquiry.asked, 0)
      assert.strictEqual((yield* test.status)._tag, "Offline")
    })
  )

  it.effect("[C1] is let go of when it has not opened in time", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = test.sockets.last()
      yield* TestClock.adjust("10 seconds")
      yield* settle
      assert.deepStrictEqual(socket.closes, [{ code: 1000, readyState: 0 }])
    })
  )
})

describe("a page that nobody sees", () => {
  it.effect("[C10] from the start leaves too", () =>
    Effect.gen(function* () {
      const test = yield* setup(token("unseen-t1"), {
        config: { hiddenTimeout: "1 minute" },
        isVisible: false
      })
      const socket = yield* connect(test)
      yield* live(socket, 10_000, 60_000)
      assert.strictEqual((yield* test.status)._tag, "Paused")
    })
  )

  it.effect("[C8] comes back when somebody asks for it", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      yield* connect(test)
      yield* test.firePage("hide")
      yield* test.transport.retryNow
      yield* settle
      yield* connect(test)
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect("[C10] stays connected, unless the config says for how long", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* test.firePage("invisible")
      yield* live(socket, 10_000, 3_600_000)
      assert.strictEqual(yield* generation(test), 1)
    })
  )

  it.effect("[C10] leaves after that time with a goodbye, and returns when it is shown", () =>
    Effect.gen(function* () {
      const test = yield* setup(token("unseen-t1"), { config: { hiddenTimeout: "1 minute" } })
      const socket = yield* connect(test)
      yield* Effect.forkScoped(Effect.ignore(test.transport.send(announce)))
      yield* test.firePage("invisible")
      yield* test.firePage("visible")
      yield* live(socket, 10_000, 70_000)
      yield* test.firePage("invisible")
      yield* live(socket, 10_000, 59_000)
      assert.strictEqual(yield* generation(test), 1)
      yield* live(socket, 10_000, 1_000)
      assert.strictEqual(socket.methods.at(-1), "presence_disconnect")
      assert.deepStrictEqual(yield* test.status, ConnectionStatus.paused)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(test.sockets.all.length, 1)
      yield* test.firePage("visible")
      yield* connect(test)
      assert.strictEqual(yield* generation(test), 2)
    })
  )
})

describe("the network's own word", () => {
  for (const word of ["offline", "online"] as const) {
    it.effect(`[C9] \`${word}\` while connected is a reason to look, not to believe it`, () =>
      Effect.gen(function* () {
        const test = yield* setup()
        const socket = yield* connect(test)
        yield* test.firePage(word)
        assert.strictEqual(probesOf(socket), 1)
        socket.reply("presence_rollcall")
        yield* settle
        assert.strictEqual(yield* generation(test), 1)
        yield* test.firePage(word)
        test.page.state.online = word === "online"
        yield* TestClock.adjust("10 seconds")
        const expected = word === "online" ? "Reconnecting" : "Offline"
        assert.strictEqual((yield* test.status)._tag, expected)
      })
    )
  }
})

describe("closing", () => {
  it.effect("[C9] in every state leaves no socket open and no timer behind", () =>
    Effect.gen(function* () {
      const states: ReadonlyArray<(test: Setup) => Effect.Effect<unknown>> = [
        () => Effect.void,
        (test) => Effect.sync(() => test.sockets.last().open()),
        (test) => Effect.orDie(connect(test)),
        (test) => Effect.sync(() => test.sockets.last().fail()),
        (test) => Effect.andThen(Effect.orDie(connect(test)), TestClock.adjust("50 seconds")),
        (test) => test.firePage("hide")
      ]
      for (const reach of states) {
        const test = yield* setup()
        yield* reach(test)
        yield* settle
        yield* test.close
        for (const socket of test.sockets.all) {
          // What was never opened ends with its handshake.
          if (socket.readyState === 0) socket.open()
          assert.strictEqual(socket.readyState, 3)
        }
        const made = test.sockets.all.length
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(test.sockets.all.length, made)
        assert.strictEqual(test.page.listeners.size, 0)
        assert.isTrue(Exit.isFailure(yield* Effect.exit(test.transport.send(announce))))
      }
    }).pipe(Effect.provide(Layer.empty))
  )
})
