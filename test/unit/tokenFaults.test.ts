import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { Auth, AuthSource, type Token } from "../../src/index.ts"
import {
  announce,
  connect,
  generation,
  goodbye,
  nextSocket,
  reasonOf,
  refuse,
  type Setup,
  setup,
  token
} from "../support/FakeBifur.ts"
import { settle } from "../support/FakeWebSocket.ts"

/** The status of a test whose transport waits for its next attempt. */
const reconnecting = Effect.fnUntraced(function* (test: Setup) {
  const status = yield* test.status
  assert(status._tag === "Reconnecting", status._tag)
  return status
})

describe("a token", () => {
  it.effect("[C6] refreshed 100 times is authorized on one socket, one after the other", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      for (let n = 2; n <= 101; n++) {
        yield* SubscriptionRef.set(test.tokens, token(`unseen-t${n}`))
        yield* settle
        socket.reply("authorization")
        yield* settle
      }
      assert.strictEqual(test.sockets.all.length, 1)
      assert.strictEqual(socket.methods.filter((m) => m === "authorization").length, 101)
      assert.deepStrictEqual(
        test.signals.map(({ _tag }) => _tag),
        ["Connected"]
      )
    })
  )

  it.effect("[C6] changed often while one is being authorized: only the newest is next", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      for (let n = 2; n <= 50; n++) yield* SubscriptionRef.set(test.tokens, token(`unseen-t${n}`))
      yield* settle
      socket.reply("authorization")
      yield* settle
      socket.reply("authorization")
      yield* settle
      const tokens = socket.sent
        .filter(({ method }) => method === "authorization")
        .map(({ params }) => params["authorization"])
      assert.strictEqual(tokens.at(-1), "Bearer unseen-t50")
      assert.isAtMost(tokens.length, 3)
    })
  )

  it.effect("[C6] of another user: goodbye under the old one first, then a new generation", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.inquiry.users.set("unseen-t1", "p-ada").set("unseen-t2", "p-bob")
      const socket = yield* connect(test)
      yield* Effect.forkScoped(Effect.ignore(test.transport.send(announce)))
      yield* settle
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      assert.deepStrictEqual(socket.methods.slice(-3), [
        "presence_announce",
        "presence_disconnect",
        "authorization"
      ])
      socket.reply("authorization")
      yield* settle
      assert.deepStrictEqual(
        test.signals.map(({ _tag }) => _tag),
        ["Connected", "Disconnected", "Connected"]
      )
      assert.strictEqual(test.sockets.all.length, 1)
      assert.strictEqual(yield* generation(test), 2)
      socket.receive(goodbye("s1"))
      yield* settle
      assert.strictEqual(test.signals.at(-1)?._tag, "Received")
    })
  )

  it.effect("[C6] of the same user, or of who knows whom, is no reason to leave", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.inquiry.users.set("unseen-t1", "p-ada").set("unseen-t2", "p-ada")
      const socket = yield* connect(test)
      yield* Effect.forkScoped(Effect.ignore(test.transport.send(announce)))
      for (const next of ["unseen-t2", "t-unknown"]) {
        yield* SubscriptionRef.set(test.tokens, token(next))
        yield* settle
        socket.reply("authorization")
        yield* settle
      }
      assert.notInclude(socket.methods, "presence_disconnect")
      assert.strictEqual(yield* generation(test), 1)
    })
  )

  it.effect("[C6] taken away: goodbye, and a connection without one", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* Effect.forkScoped(Effect.ignore(test.transport.send(announce)))
      yield* settle
      yield* SubscriptionRef.set(test.tokens, Option.none())
      yield* settle
      assert.strictEqual(socket.methods.at(-1), "presence_disconnect")
      yield* nextSocket(test)
      test.sockets.last().open()
      yield* settle
      assert.deepStrictEqual(test.sockets.last().methods, ["presence_subscribe"])
    })
  )

  it.effect("[C6] from an effect: asked on every attempt, and once more when it was refused", () =>
    Effect.gen(function* () {
      let asked = 0
      const refresh = Effect.sync(() => `unseen-t${Math.min(++asked, 3)}`)
      const test = yield* setup(Option.none(), { auth: AuthSource.layerRefresh(refresh) })
      assert.strictEqual(asked, 1)
      // t1 is refused, t2 comes at once, t3 after a wait; and then there is no other.
      yield* refuse(test.sockets.last())
      assert.strictEqual(test.sockets.all.length, 2)
      yield* refuse(test.sockets.last())
      yield* nextSocket(test)
      yield* refuse(test.sockets.last())
      assert.strictEqual((yield* test.status)._tag, "Unauthorized")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(test.sockets.all.length, 3)
      assert.isAtMost(asked, 7)
    })
  )

  it.effect("[C6] ever new and ever refused is tried more and more seldom", () =>
    Effect.gen(function* () {
      let asked = 0
      const refresh = Effect.sync(() => `unseen-t${++asked}`)
      const test = yield* setup(Option.none(), { auth: AuthSource.layerRefresh(refresh) })
      for (let second = 0; second < 600; second++) {
        if (test.sockets.last().readyState === 0) yield* refuse(test.sockets.last())
        yield* TestClock.adjust("1 second")
      }
      assert.isAtMost(test.sockets.all.length, 30)
    })
  )

  for (const [name, refresh, reason] of [
    ["fails", Effect.fail("no session"), "no token could be had"],
    ["dies", Effect.die("a bug"), "no token could be had"],
    ["is interrupted", Effect.interrupt, "no token could be had"],
    ["does not end", Effect.never, "it did not come in time"]
  ] as const) {
    it.effect(`[C6] from an effect that ${name}: no socket, waits that grow, said in words`, () =>
      Effect.gen(function* () {
        let asked = 0
        const counted = Effect.andThen(
          Effect.sync(() => (asked += 1)),
          refresh
        )
        const test = yield* setup(Option.none(), { auth: AuthSource.layerRefresh(counted) })
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(test.sockets.all.length, 0)
        assert.include(reasonOf(yield* test.status), reason)
        assert.isAbove(asked, 3)
        // About 22; chance makes it more than 30 once in a thousand runs.
        assert.isAtMost(asked, 40)
      })
    )
  }

  const ofItsOwn = (ask: Auth["Service"]["ask"]) =>
    Layer.effect(
      Auth,
      Effect.map(SubscriptionRef.make<Token>(Option.none()), (token) => Auth.of({ token, ask }))
    )
  for (const [name, auth, reason] of [
    ["an Auth that does not answer", ofItsOwn(Effect.never), "no token was given in time"],
    ["an Auth that dies", ofItsOwn(Effect.die("a bug")), "it ended unexpectedly"],
    [
      "a stream that fails before its first",
      AuthSource.layerStream(Stream.fail(new TypeError("unseen-t1"))),
      "no token could be had: TypeError"
    ]
  ] as const) {
    it.effect(`[C6] [C8] from ${name}: no socket, said in words, asked for again`, () =>
      Effect.gen(function* () {
        const test = yield* setup(Option.none(), { auth })
        yield* TestClock.adjust("11 seconds")
        assert.strictEqual(test.sockets.all.length, 0)
        const { attempt, reason: first } = yield* reconnecting(test)
        assert.include(first, reason)
        yield* TestClock.adjust("1 minute")
        assert.isAbove((yield* reconnecting(test)).attempt, attempt)
      })
    )
  }

  it.effect("[C6] from an effect that gives none is an attempt without one", () =>
    Effect.gen(function* () {
      const test = yield* setup(Option.none(), {
        auth: AuthSource.layerRefresh(Effect.succeed(undefined))
      })
      test.sockets.last().open()
      yield* settle
      assert.deepStrictEqual(test.sockets.last().methods, ["presence_subscribe"])
    })
  )

  it.effect(
    "[C6] from a stream: nothing is tried before the first, each is used from its coming",
    () =>
      Effect.gen(function* () {
        const queue = yield* Queue.unbounded<string | undefined>()
        const test = yield* setup(Option.none(), {
          auth: AuthSource.layerStream(Stream.fromQueue(queue))
        })
        assert.strictEqual(test.sockets.all.length, 0)
        yield* Queue.offer(queue, "s1")
        yield* settle
        const socket = yield* connect(test)
        yield* Queue.offer(queue, "s2")
        yield* settle
        const authorized = socket.sent.filter(({ method }) => method === "authorization")
        assert.deepStrictEqual(
          authorized.map(({ params }) => params["authorization"]),
          ["Bearer s1", "Bearer s2"]
        )
      })
  )

  it.effect("[C6] asked for again every so often, where its tokens expire", () =>
    Effect.gen(function* () {
      let asked = 0
      const test = yield* setup(Option.none(), {
        auth: AuthSource.layerRefresh(
          Effect.sync(() => `unseen-t${++asked}`),
          { every: "20 seconds" }
        )
      })
      const socket = yield* connect(test)
      yield* TestClock.adjust("20 seconds")
      yield* settle
      assert.strictEqual(socket.sent.at(-1)?.params["authorization"], "Bearer unseen-t2")
    })
  )
})
