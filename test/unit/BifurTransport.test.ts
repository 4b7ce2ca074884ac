import { assert, describe, it, vi } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { ConnectionStatus } from "../../src/index.ts"
import {
  announce,
  connect,
  event,
  goodbye,
  nextSocket,
  setup,
  step,
  token
} from "../support/FakeBifur.ts"
import { settle } from "../support/FakeWebSocket.ts"

describe("BifurTransport", () => {
  it.effect("[C1] opens, authorizes, subscribes, and only then says that it is connected", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = test.sockets.last()
      assert.strictEqual(
        socket.url,
        "wss://abc.api.sanity.io/v2022-06-30/socket/d-1?tag=sanity.sdk.presence"
      )
      assert.deepStrictEqual(socket.methods, [])
      socket.open()
      yield* settle
      assert.deepStrictEqual(socket.methods, ["authorization"])
      assert.deepStrictEqual(socket.sent[0]?.params, {
        authorization: "Bearer unseen-t1",
        apiVersion: "v1"
      })
      socket.reply("authorization")
      yield* settle
      assert.deepStrictEqual(socket.methods, ["authorization", "presence_subscribe"])
      assert.deepStrictEqual(test.signals, [])
      socket.reply("presence_subscribe", { result: "sub-1" })
      yield* settle
      assert.deepStrictEqual(test.signals, [{ _tag: "Connected", generation: 1, outage: 0 }])
      assert.deepStrictEqual(yield* test.status, { _tag: "Connected", generation: 1, since: 0 })
    })
  )

  it.effect("[C1] an event right behind the subscription's reply comes after Connected", () =>
    Effect.gen(function* () {
      const test = yield* setup(Option.none())
      const socket = test.sockets.last()
      socket.open()
      yield* settle
      socket.receive(socket.replyText("presence_subscribe", { result: "sub-1" }), goodbye("s1"))
      yield* settle
      assert.deepStrictEqual(
        test.signals.map(({ _tag }) => _tag),
        ["Connected", "Received"]
      )
    })
  )

  for (const stage of ["open", "authorization", "presence_subscribe"]) {
    it.effect(`[C1] gives up on a server that never answers: ${stage}`, () =>
      Effect.gen(function* () {
        const test = yield* setup()
        const socket = test.sockets.last()
        if (stage !== "open") socket.open()
        yield* settle
        if (stage === "presence_subscribe") socket.reply("authorization")
        yield* settle
        yield* TestClock.adjust("9 seconds")
        assert.strictEqual(test.sockets.all.length, 1)
        assert.strictEqual((yield* test.status)._tag, "Connecting")
        yield* TestClock.adjust("1200 millis")
        assert.strictEqual(test.sockets.all.length, 2)
      })
    )
  }

  it.effect("[C2] is built before any socket has opened", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      assert.strictEqual(test.sockets.last().readyState, 0)
      assert.deepStrictEqual(yield* test.status, ConnectionStatus.connecting)
      const sent = yield* Effect.exit(test.transport.send(announce))
      assert.isTrue(Exit.isFailure(sent))
    })
  )

  it.effect("[C3] waits longer and longer between attempts, and never longer than 240 s", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      let longest = 0
      for (let attempt = 1; attempt <= 20; attempt++) {
        test.sockets.last().fail()
        yield* settle
        const status = yield* test.status
        assert.isTrue(status._tag === "Reconnecting" && status.attempt === attempt)
        const waited = yield* nextSocket(test)
        assert.isAtMost(waited, Math.min(240_000, 100 * 2 ** (attempt - 1)) + step)
        longest = Math.max(longest, waited)
      }
      assert.isAbove(longest, 10_000)
    })
  )

  it.effect(
    "[C3] a connection that held for 10 s starts the backoff over, a shorter one does not",
    () =>
      Effect.gen(function* () {
        const test = yield* setup()
        const attempts: Array<number> = []
        for (const held of ["9 seconds", "9 seconds", "11 seconds", "9 seconds"] as const) {
          const socket = yield* connect(test)
          yield* TestClock.adjust(held)
          socket.serverClose(1006)
          yield* settle
          const status = yield* test.status
          attempts.push(status._tag === "Reconnecting" ? status.attempt : 0)
          yield* nextSocket(test)
        }
        assert.deepStrictEqual(attempts, [1, 2, 1, 2])
      })
  )

  it.effect("[C3] the network's return, a new token and retryNow end a wait at once", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      // Past the first few attempts, whose wait may be next to nothing.
      for (let attempt = 0; attempt < 8; attempt++) {
        test.sockets.last().fail()
        yield* nextSocket(test)
      }
      for (const wake of [
        test.firePage("online"),
        SubscriptionRef.set(test.tokens, token("unseen-t2")),
        test.transport.retryNow
      ]) {
        test.sockets.last().fail()
        yield* settle
        const before = test.sockets.all.length
        yield* wake
        yield* settle
        assert.strictEqual(test.sockets.all.length, before + 1)
      }
    })
  )

  it.effect(
    "[C11] [C8] sent away by a restart, says so and when it comes back: within 1.75 to 7 s",
    () =>
      Effect.gen(function* () {
        const test = yield* setup()
        for (const code of [1012, 1013, 1012, 1013, 1012, 1013]) {
          const socket = yield* connect(test)
          yield* TestClock.adjust("10 seconds")
          socket.serverClose(code, "deployment")
          yield* settle
          const status = yield* test.status
          assert.include(
            ConnectionStatus.describe(status),
            code === 1012 ? "restarts, code 1012: deployment" : "is busy, code 1013: deployment"
          )
          const now = yield* Clock.currentTimeMillis
          const said = status._tag === "Reconnecting" ? status.retryAt - now : 0
          const waited = yield* nextSocket(test)
          assert.isAtMost(Math.abs(waited - said), step)
          assert.isAtMost(waited, 7_000 + step)
          assert.isAtLeast(waited, 1_750)
        }
      })
  )

  it.effect("[C11] what follows a restart is spread too, until a connection has held", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const first = yield* connect(test)
      first.serverClose(1012)
      let longest = 0
      for (let attempt = 0; attempt < 8; attempt++) {
        yield* settle
        longest = Math.max(longest, yield* nextSocket(test))
        test.sockets.last().fail()
      }
      assert.isAbove(longest, 1_100)
      yield* settle
      yield* nextSocket(test)
      const held = yield* connect(test)
      yield* TestClock.adjust("10 seconds")
      held.fail()
      yield* settle
      assert.isAtMost(yield* nextSocket(test), 100 + step)
    })
  )

  it.effect("[C11] sent away again by the next node, come back as soon as the first time", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      for (let node = 1; node <= 20; node++) {
        const socket = yield* connect(test)
        yield* TestClock.adjust("3 seconds")
        socket.serverClose(1012)
        yield* settle
        const status = yield* test.status
        assert.isTrue(status._tag === "Reconnecting" && status.attempt === 1)
        assert.isAtMost(yield* nextSocket(test), 7_000 + step)
      }
    })
  )

  it.effect(
    "[C11] sent away again and again by a service that is busy, come less and less often",
    () =>
      Effect.gen(function* () {
        const test = yield* setup()
        for (let attempt = 1; attempt <= 6; attempt++) {
          const socket = yield* connect(test)
          yield* TestClock.adjust("1 second")
          socket.serverClose(1013)
          yield* settle
          const status = yield* test.status
          assert.isTrue(status._tag === "Reconnecting" && status.attempt === attempt)
          yield* nextSocket(test)
        }
      })
  )

  it.effect("[C11] [C3] the network's return, a new token and retryNow end that wait at once", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      for (const wake of [
        test.firePage("online"),
        SubscriptionRef.set(test.tokens, token("unseen-t2")),
        test.transport.retryNow
      ]) {
        const socket = yield* connect(test)
        socket.serverClose(1012)
        yield* settle
        const before = test.sockets.all.length
        yield* wake
        yield* settle
        assert.strictEqual(test.sockets.all.length, before + 1)
      }
    })
  )

  it.effect("[C6] asks for the token on every attempt", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.sockets.last().fail()
      yield* settle
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* TestClock.adjust("1 second")
      test.sockets.last().open()
      yield* settle
      assert.deepStrictEqual(test.sockets.last().sent[0]?.params, {
        authorization: "Bearer unseen-t2",
        apiVersion: "v1"
      })
    })
  )

  it.effect("[C6] a refused token is reported and not tried again until it changes", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.sockets.last().open()
      yield* settle
      test.sockets.last().reply("authorization", { error: { code: -32600, message: "expired" } })
      yield* settle
      assert.deepStrictEqual(yield* test.status, { _tag: "Unauthorized", reason: "expired" })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(test.sockets.all.length, 1)
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      assert.strictEqual(test.sockets.all.length, 2)
      assert.strictEqual((yield* test.status)._tag, "Connecting")
      yield* connect(test)
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect("[C6] an error of an unknown shape is a refusal too", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.sockets.last().open()
      yield* settle
      test.sockets.last().reply("authorization", { error: "no" })
      yield* settle
      assert.strictEqual((yield* test.status)._tag, "Unauthorized")
    })
  )

  it.effect("[C6] a token that changes while connected is authorized on the live socket", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      assert.deepStrictEqual(socket.methods, [
        "authorization",
        "presence_subscribe",
        "authorization"
      ])
      socket.reply("authorization")
      yield* settle
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      assert.strictEqual(socket.sent.length, 3, "an equal token is no change")
      assert.strictEqual(test.sockets.all.length, 1)
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect("[C6] without a token a refused subscription says that one is needed", () =>
    Effect.gen(function* () {
      const test = yield* setup(Option.none())
      const socket = test.sockets.last()
      socket.open()
      yield* settle
      assert.deepStrictEqual(socket.methods, ["presence_subscribe"])
      socket.reply("presence_subscribe", { error: { code: -32600, message: "Authorize first." } })
      yield* settle
      const status = yield* test.status
      assert.strictEqual(status._tag, "Unauthorized")
      assert.include(ConnectionStatus.describe(status), "give a token")
    })
  )

  for (const [code, tag] of [
    [4000, "Failed"],
    [4001, "Unauthorized"],
    [4004, "Failed"],
    [1000, "Reconnecting"],
    [1001, "Reconnecting"],
    [1006, "Reconnecting"],
    [1012, "Reconnecting"],
    [1013, "Reconnecting"],
    [4999, "Reconnecting"]
  ] as const) {
    it.effect(`[C7] close code ${code} ends in ${tag}`, () =>
      Effect.gen(function* () {
        const test = yield* setup()
        const socket = yield* connect(test)
        socket.serverClose(code, "because")
        yield* settle
        const status = yield* test.status
        assert.strictEqual(status._tag, tag)
        if (code !== 1006) assert.include(ConnectionStatus.describe(status), "because")
        assert.strictEqual(test.signals.at(-1)?._tag, "Disconnected")
        if (tag === "Reconnecting") {
          yield* nextSocket(test)
          return
        }
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(test.sockets.all.length, 1)
        yield* test.transport.retryNow
        yield* settle
        assert.strictEqual(test.sockets.all.length, 2)
      })
    )
  }

  it.effect("[C8] says Offline where the machine says so, and comes back with the network", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.page.state.online = false
      test.sockets.last().fail()
      yield* settle
      assert.deepStrictEqual(yield* test.status, { _tag: "Offline" })
      test.page.state.online = true
      yield* test.firePage("online")
      assert.deepStrictEqual(yield* test.status, ConnectionStatus.connecting)
      yield* connect(test)
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect("[C9] closing in the middle of a handshake waits for its end", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = test.sockets.last()
      yield* test.close
      assert.deepStrictEqual(socket.closes, [])
      socket.open()
      assert.deepStrictEqual(socket.closes, [{ code: 1000, readyState: 1 }])
      assert.deepStrictEqual(yield* test.status, ConnectionStatus.closed)
    })
  )

  it.effect("[C9] closing leaves no socket, no listener and no attempt behind", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* test.close
      assert.deepStrictEqual(socket.closes, [{ code: 1000, readyState: 1 }])
      assert.strictEqual(test.page.listeners.size, 0)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(test.sockets.all.length, 1)
    })
  )

  it.effect("[C9] a page back from the back/forward cache connects anew at once", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      yield* connect(test)
      yield* test.firePage("show")
      assert.strictEqual(test.sockets.all.length, 2)
      yield* connect(test)
      assert.deepStrictEqual(
        test.signals.map(({ _tag }) => _tag),
        ["Connected", "Disconnected", "Connected"]
      )
    })
  )

  it.effect("[C9] a page that goes says goodbye and closes within its last event", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* Effect.forkScoped(test.transport.send(announce))
      yield* settle
      test.page.fire("hide")
      assert.strictEqual(socket.methods.at(-1), "presence_disconnect")
      assert.deepStrictEqual(socket.closes, [{ code: 1000, readyState: 1 }])
      yield* settle
      assert.deepStrictEqual(yield* test.status, ConnectionStatus.paused)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(test.sockets.all.length, 1)
      yield* test.firePage("show")
      assert.strictEqual(test.sockets.all.length, 2)
      yield* connect(test)
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect("[A4] a send that is refused, unanswered or cut off fails with the reason", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      const outcome = (answer: Effect.Effect<void>) =>
        Effect.map(
          Effect.all([Effect.flip(test.transport.send(announce)), Effect.andThen(settle, answer)], {
            concurrency: 2
          }),
          ([error]) => error.reason._tag
        )
      const refuse = Effect.sync(() =>
        socket.reply("presence_announce", { error: { code: -32602, message: "no" } })
      )
      assert.strictEqual(yield* outcome(refuse), "Rejected")
      assert.strictEqual(yield* outcome(TestClock.adjust("10 seconds")), "RequestTimeout")
      assert.strictEqual(
        yield* outcome(Effect.sync(() => socket.serverClose(1006))),
        "NotConnected"
      )
    })
  )

  it.effect("[R2] frames that are for nobody or no protocol end nothing", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      socket.receive(
        "♥",
        "not json",
        "[]",
        "null",
        new Uint8Array([1, 2]),
        JSON.stringify({ jsonrpc: "2.0", method: "welcome" }),
        JSON.stringify({ jsonrpc: "2.0", id: "never-asked", result: 1 }),
        event({ type: "state", i: 7 }),
        event({ type: "later-invention", i: "p-bob" }),
        event({ type: "disconnect", i: "p-bob", m: { session: "s0" } }, "another-subscription"),
        goodbye("s1")
      )
      yield* settle
      assert.deepStrictEqual(
        test.signals.map((signal) =>
          signal._tag === "Received" ? signal.event.sessionId : signal._tag
        ),
        ["Connected", "s1"]
      )
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect("[R7] a burst is one batch, and the end of the socket loses none of it", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      const burst = Array.from({ length: 32 }, (_, index) => goodbye(`s${index}`))
      socket.receive(...burst)
      yield* settle
      socket.receive(...burst)
      socket.serverClose(1006)
      yield* settle
      assert.deepStrictEqual(test.batches, [1, 32, 33])
      assert.strictEqual(test.signals.at(-1)?._tag, "Disconnected")
    })
  )

  for (const result of [{ toString: 1 }, null, {}, []]) {
    it.effect(`[R2] a subscription of ${JSON.stringify(result)} is none, and is tried again`, () =>
      Effect.gen(function* () {
        const test = yield* setup(Option.none())
        test.sockets.last().open()
        yield* settle
        test.sockets.last().reply("presence_subscribe", { result })
        yield* settle
        assert.strictEqual((yield* test.status)._tag, "Reconnecting")
        yield* nextSocket(test)
        yield* connect(test)
        assert.strictEqual((yield* test.status)._tag, "Connected")
      })
    )
  }

  it.effect("[R2] a flood of bad locations in one frame ends nothing", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      const locations = Array.from({ length: 300_000 }, () => 0)
      socket.receive(event({ type: "state", i: "p-eve", m: { sessionId: "e", locations } }))
      yield* settle
      socket.receive(goodbye("s1"))
      yield* settle
      assert.strictEqual(test.signals.length, 3)
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect("[C8] shows neither the token nor an essay where a refusal repeats them", () =>
    Effect.gen(function* () {
      const test = yield* setup(token("a-secret-token-of-someone"))
      test.sockets.last().open()
      yield* settle
      const message = `no Bearer a-secret-token-of-someone ${"x".repeat(10_000)}`
      test.sockets.last().reply("authorization", { error: { code: 1, message } })
      yield* settle
      const text = ConnectionStatus.describe(yield* test.status)
      assert.notInclude(text, "a-secret-token-of-someone")
      assert.isBelow(text.length, 500)
    })
  )

  it.effect(
    "[C9] a handshake that never ends holds a closed socket no longer than it may take",
    () =>
      Effect.gen(function* () {
        vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
        const test = yield* setup()
        const socket = test.sockets.last()
        yield* test.close
        vi.advanceTimersByTime(9_999)
        assert.deepStrictEqual(socket.closes, [])
        vi.advanceTimersByTime(1)
        assert.deepStrictEqual(socket.closes, [{ code: 1000, readyState: 0 }])
        vi.useRealTimers()
      })
  )

  const expired = { error: { code: 1, message: "expired" } }

  it.effect("[C6] a token that changes while another is being authorized is not lost", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      yield* SubscriptionRef.set(test.tokens, token("unseen-t3"))
      yield* settle
      socket.reply("authorization", expired)
      yield* settle
      yield* connect(test)
      assert.include(JSON.stringify(test.sockets.last().sent[0]), "unseen-t3")
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect(
    "[C6] [C7] a close for an old token, while a new one is under way, tries the new one",
    () =>
      Effect.gen(function* () {
        const test = yield* setup()
        const socket = yield* connect(test)
        yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
        yield* settle
        socket.serverClose(4001, "expired")
        yield* settle
        assert.strictEqual(test.sockets.all.length, 2)
        test.sockets.last().open()
        yield* settle
        test.sockets.last().serverClose(4001, "expired")
        yield* settle
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(test.sockets.all.length, 2, "refused, it is not tried again")
      })
  )

  it.effect("[C6] neither the network's return nor an equal token tries a refused one again", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.sockets.last().open()
      yield* settle
      test.sockets.last().reply("authorization", expired)
      yield* settle
      yield* test.firePage("online")
      yield* test.firePage("show")
      yield* SubscriptionRef.set(test.tokens, token("unseen-t1"))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(test.sockets.all.length, 1)
      assert.strictEqual((yield* test.status)._tag, "Unauthorized")
    })
  )

  it.effect("[C3] what hurried one connection does not hurry the next", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      yield* test.firePage("online")
      const socket = yield* connect(test)
      yield* TestClock.adjust("30 seconds")
      socket.serverClose(1012)
      yield* settle
      assert.strictEqual(test.sockets.all.length, 1)
      assert.strictEqual((yield* test.status)._tag, "Reconnecting")
    })
  )
})
