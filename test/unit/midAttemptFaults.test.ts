import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { AuthSource } from "../../src/index.ts"
import {
  announce,
  connect,
  generation,
  nextSocket,
  refuse,
  setup,
  token
} from "../support/FakeBifur.ts"
import { settle } from "../support/FakeWebSocket.ts"

describe("a token in mid-attempt", () => {
  for (const stage of ["authorization", "presence_subscribe"]) {
    it.effect(`[C6] taken away before the answer to ${stage}: nobody stays signed in`, () =>
      Effect.gen(function* () {
        const test = yield* setup()
        const socket = test.sockets.last()
        socket.open()
        yield* settle
        if (stage === "presence_subscribe") socket.reply("authorization")
        yield* settle
        yield* SubscriptionRef.set(test.tokens, Option.none())
        yield* settle
        if (stage === "authorization") socket.reply("authorization")
        yield* settle
        socket.reply("presence_subscribe", { result: "sub-1" })
        yield* settle
        assert.notStrictEqual((yield* test.status)._tag, "Connected")
        yield* nextSocket(test)
        const next = test.sockets.last()
        next.open()
        yield* settle
        assert.deepStrictEqual(next.methods, ["presence_subscribe"])
        yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
        next.reply("presence_subscribe", { result: "sub-2" })
        yield* settle
        assert.strictEqual(next.sent.at(-1)?.params["authorization"], "Bearer unseen-t2")
      })
    )
  }

  it.effect("[C6] a good one after long trouble is tried at once", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      for (let attempt = 0; attempt < 13; attempt++) {
        test.sockets.last().fail()
        yield* nextSocket(test)
      }
      test.sockets.last().open()
      yield* settle
      test.sockets.last().reply("authorization", { error: { code: 1, message: "expired" } })
      yield* settle
      assert.strictEqual((yield* test.status)._tag, "Unauthorized")
      const before = test.sockets.all.length
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      assert.strictEqual(test.sockets.all.length, before + 1)
    })
  )

  it.effect("[C6] whose refusal is learned late is not held against the next one", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.inquiry.delay = "5 seconds"
      test.inquiry.explanation = { _tag: "Unauthorized", reason: "HTTP 401 for unseen-t1" }
      test.sockets.last().fail()
      yield* nextSocket(test)
      test.sockets.last().fail()
      yield* settle
      assert.strictEqual(test.inquiry.asked, 1)
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      yield* TestClock.adjust("5 seconds")
      test.sockets.last().fail()
      yield* settle
      assert.strictEqual((yield* test.status)._tag, "Reconnecting")
    })
  )

  it.effect("[C6] a refresh that hangs once is not the end of all later ones", () =>
    Effect.gen(function* () {
      let asked = 0
      const refresh = Effect.suspend(() =>
        ++asked === 2 ? Effect.never : Effect.succeed("unseen-t1")
      )
      const test = yield* setup(Option.none(), {
        auth: AuthSource.layerRefresh(refresh, { every: "20 seconds" })
      })
      const socket = yield* connect(test)
      yield* TestClock.adjust("25 seconds")
      socket.serverClose(1012)
      yield* settle
      yield* nextSocket(test)
      yield* connect(test)
      assert.strictEqual((yield* test.status)._tag, "Connected")
    })
  )

  it.effect(
    "[C6] a refresh that fails when a token was refused is tried again, the token is not",
    () =>
      Effect.gen(function* () {
        let asked = 0
        const refresh = Effect.suspend(() => {
          asked += 1
          if (asked === 1) return Effect.succeed("unseen-t1")
          return asked < 5
            ? Effect.fail("away")
            : Effect.succeed(asked < 7 ? "unseen-t1" : "unseen-t2")
        })
        const test = yield* setup(Option.none(), {
          auth: AuthSource.layerRefresh(refresh, { every: "10 minutes" })
        })
        yield* refuse(test.sockets.last())
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* test.status)._tag, "Unauthorized")
        assert.strictEqual(asked, 5)
        assert.strictEqual(test.sockets.all.length, 1, "the same token is not tried again")
        yield* TestClock.adjust("19 minutes")
        yield* settle
        assert.strictEqual(test.sockets.all.length, 2, "another one is")
      })
  )

  it.effect("[C8] no flash of Unauthorized where the next token is there at once", () =>
    Effect.gen(function* () {
      let asked = 0
      const test = yield* setup(Option.none(), {
        auth: AuthSource.layerRefresh(Effect.sync(() => `unseen-t${++asked}`))
      })
      const seen: Array<string> = []
      yield* SubscriptionRef.changes(test.transport.status).pipe(
        Stream.runForEach(({ _tag }) => Effect.sync(() => seen.push(_tag))),
        Effect.forkScoped({ startImmediately: true })
      )
      yield* refuse(test.sockets.last())
      yield* connect(test)
      assert.notInclude(seen, "Unauthorized")
      assert.strictEqual(seen.at(-1), "Connected")
    })
  )

  it.effect("[C6] of whom nothing was known once is asked about again", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      socket.reply("authorization")
      yield* settle
      test.inquiry.users.set("unseen-t2", "p-ada").set("unseen-t3", "p-bob")
      yield* SubscriptionRef.set(test.tokens, token("unseen-t3"))
      yield* settle
      socket.reply("authorization")
      yield* settle
      assert.strictEqual(yield* generation(test), 2)
    })
  )

  it.effect("[C6] the question whose it is holds up nothing for longer than 10 s", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      test.inquiry.delay = "1 hour"
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* TestClock.adjust("10 seconds")
      yield* settle
      assert.strictEqual(socket.sent.at(-1)?.params["authorization"], "Bearer unseen-t2")
    })
  )

  it.effect("[C6] refused while the one before still holds: goodbye under that", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* Effect.forkScoped(Effect.ignore(test.transport.send(announce)))
      yield* SubscriptionRef.set(test.tokens, token("unseen-t2"))
      yield* settle
      socket.reply("authorization", { error: { code: 1, message: "no" } })
      yield* settle
      assert.strictEqual(socket.methods.at(-1), "presence_disconnect")
      assert.strictEqual((yield* test.status)._tag, "Unauthorized")
    })
  )

  it.effect("[C8] is shown nowhere, whatever the service repeats", () =>
    Effect.gen(function* () {
      for (const end of ["close", "subscription"]) {
        const test = yield* setup(token("a-secret-token-of-someone"))
        const socket = test.sockets.last()
        socket.open()
        yield* settle
        socket.reply("authorization")
        yield* settle
        const message = "bad token a-secret-token-of-someone"
        if (end === "close") socket.serverClose(4001, message)
        else socket.reply("presence_subscribe", { error: { code: 1, message } })
        yield* settle
        assert.include(JSON.stringify(yield* test.status), "<token>")
        assert.notInclude(JSON.stringify(yield* test.status), "a-secret-token-of-someone")
      }
    })
  )
})
