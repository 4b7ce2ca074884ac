import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { lost } from "../../src/bifur/ConnectionEnd.ts"
import { AuthSource, ConnectionStatus } from "../../src/index.ts"
import {
  announce,
  connect,
  goodbye,
  nextSocket,
  type Setup,
  setup,
  token
} from "../support/FakeBifur.ts"
import { type FakeWebSocket, settle } from "../support/FakeWebSocket.ts"
import * as OddClock from "../support/OddClock.ts"

const probesOf = (socket: FakeWebSocket) =>
  socket.methods.filter((method) => method === "presence_rollcall").length

/** Lets time pass on a server that beats every `beat` and answers every probe. */
const live = Effect.fnUntraced(function* (socket: FakeWebSocket, beat: number, total: number) {
  let answered = probesOf(socket)
  for (let passed = 1_000; passed <= total; passed += 1_000) {
    yield* TestClock.adjust("1 second")
    if (passed % beat === 0) socket.receive("♥")
    if (probesOf(socket) > answered) {
      answered = probesOf(socket)
      socket.reply("presence_rollcall")
    }
    yield* settle
  }
})

const generation = (test: Setup) =>
  Effect.map(test.status, (status) => (status._tag === "Connected" ? status.generation : undefined))

const refuse = (socket: FakeWebSocket) =>
  Effect.gen(function* () {
    socket.open()
    yield* settle
    socket.reply("authorization", { error: { code: 1, message: "expired" } })
    yield* settle
  })

const reasonOf = (status: ConnectionStatus.ConnectionStatus) =>
  status._tag === "Reconnecting" ? status.reason : status._tag

describe("a connection that fell silent", () => {
  it.effect("[C4] is probed after 45 s, and replaced when the probe has no answer for 10 s", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* TestClock.adjust("44 seconds")
      assert.strictEqual(probesOf(socket), 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(probesOf(socket), 1)
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual((yield* test.status)._tag, "Connected")
      yield* TestClock.adjust("1 second")
      assert.include(ConnectionStatus.describe(yield* test.status), "fell silent")
      assert.strictEqual(test.signals.at(-1)?._tag, "Disconnected")
      yield* nextSocket(test)
      yield* connect(test)
      assert.strictEqual(yield* generation(test), 2)
    })
  )

  it.effect("[C4] is kept where the probe is answered, if only by a refusal", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* TestClock.adjust("45 seconds")
      socket.reply("presence_rollcall", { error: { code: 1, message: "no" } })
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* generation(test), 1)
    })
  )

  for (const beat of [1_000, 30_000, 61_000, 600_000]) {
    it.effect(`[C4] a server that beats only every ${beat / 1_000} s is never cut`, () =>
      Effect.gen(function* () {
        const test = yield* setup()
        const socket = yield* connect(test)
        yield* live(socket, beat, 3_600_000)
        assert.strictEqual(yield* generation(test), 1)
        assert.strictEqual(test.sockets.all.length, 1)
        assert.isAtMost(probesOf(socket), 80)
      })
    )
  }

  it.effect("[C4] is suspected after three times the longest silence, also the next one", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const first = yield* connect(test)
      yield* live(first, 25_000, 25_000)
      for (const socket of [first, undefined]) {
        const current = socket ?? (yield* connect(test))
        yield* TestClock.adjust("74 seconds")
        assert.strictEqual(probesOf(current), 0)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(probesOf(current), 1)
        yield* TestClock.adjust("10 seconds")
        yield* nextSocket(test)
      }
    })
  )

  it.effect("[C4] one unanswered announce is enough to probe, whatever else arrives", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* Effect.forkScoped(Effect.ignore(test.transport.send(announce)))
      for (let second = 0; second < 10; second++) {
        socket.receive("♥")
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual(probesOf(socket), 1)
      for (let second = 0; second < 10; second++) {
        socket.receive("♥")
        yield* TestClock.adjust("1 second")
      }
      assert.include(reasonOf(yield* test.status), "fell silent")
    })
  )
})

describe("a machine that slept", () => {
  const hour = 3_600_000

  for (const [name, sleep] of [
    ["the wall clock went on alone", (clock: OddClock.OddClock) => clock.jump(hour)],
    [
      "both clocks went on",
      (clock: OddClock.OddClock) => {
        clock.jump(hour)
        clock.skip(hour)
      }
    ]
  ] as const) {
    it.effect(`[C5] is noticed within 5 s and probed at once: ${name}`, () =>
      Effect.gen(function* () {
        const odd = yield* OddClock.make
        const test = yield* setup(token("t1"), { clock: odd.clock })
        const socket = yield* connect(test)
        yield* live(socket, 10_000, 30_000)
        sleep(odd)
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(probesOf(socket), 1)
        assert.strictEqual(test.signals.at(-1)?._tag, "Resumed")
        socket.reply("presence_rollcall")
        yield* settle
        assert.strictEqual(yield* generation(test), 1)
        // Three times 10 s, not three times an hour.
        yield* TestClock.adjust("45 seconds")
        assert.strictEqual(probesOf(socket), 2, "nothing was learned from the sleep")
      })
    )

    it.effect(`[C5] replaces a socket that did not survive: ${name}`, () =>
      Effect.gen(function* () {
        const odd = yield* OddClock.make
        const test = yield* setup(token("t1"), { clock: odd.clock })
        yield* connect(test)
        sleep(odd)
        yield* TestClock.adjust("16 seconds")
        assert.strictEqual(test.sockets.all.length, 2)
        assert.include(
          test.signals.map(({ _tag }) => _tag),
          "Resumed"
        )
      })
    )
  }

  it.effect("[C5] tries at once where it was waiting", () =>
    Effect.gen(function* () {
      const odd = yield* OddClock.make
      const test = yield* setup(token("t1"), { clock: odd.clock })
      // Long enough for waits of minutes.
      for (let attempt = 0; attempt < 16; attempt++) {
        test.sockets.last().fail()
        yield* nextSocket(test)
      }
      test.sockets.last().fail()
      yield* settle
      const before = test.sockets.all.length
      odd.jump(hour)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(test.sockets.all.length, before + 1)
    })
  )

  it.effect("[C5] a probe that was under way is sent anew, and its time starts over", () =>
    Effect.gen(function* () {
      const odd = yield* OddClock.make
      const test = yield* setup(token("t1"), { clock: odd.clock })
      const socket = yield* connect(test)
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(probesOf(socket), 1)
      odd.jump(hour)
      odd.skip(hour)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(probesOf(socket), 2)
      yield* TestClock.adjust("9 seconds")
      socket.reply("presence_rollcall")
      yield* settle
      assert.strictEqual(yield* generation(test), 1)
    })
  )

  it.effect("[C5] a clock that is set back is no sleep, nor is a small correction", () =>
    Effect.gen(function* () {
      const odd = yield* OddClock.make
      const test = yield* setup(token("t1"), { clock: odd.clock })
      const socket = yield* connect(test)
      for (const by of [-86_400_000, 4_000, -4_000]) {
        odd.jump(by)
        yield* live(socket, 5_000, 30_000)
      }
      assert.strictEqual(probesOf(socket), 0)
      assert.strictEqual(yield* generation(test), 1)
    })
  )
})

describe("what teaches how long a silence is", () => {
  it.effect("[C4] neither the answer to a probe nor a time in which no code ran", () =>
    Effect.gen(function* () {
      const odd = yield* OddClock.make
      const test = yield* setup(token("t1"), { clock: odd.clock })
      const socket = yield* connect(test)
      // Held up for 40 s, a sleep or not: the frame at its end is no proof of a silence.
      odd.throttle(40_000)
      yield* TestClock.adjust("40 seconds")
      socket.receive("♥")
      yield* settle
      odd.throttle(0)
      for (let n = 1; n <= 3; n++) {
        yield* TestClock.adjust("45 seconds")
        assert.strictEqual(probesOf(socket), n)
        socket.reply("presence_rollcall")
        yield* settle
      }
    })
  )
})

describe("frames that are no events", () => {
  it.effect("[A5] are told of, so that what is overdue goes out", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      const before = test.heard.count
      socket.receive("♥")
      yield* settle
      assert.strictEqual(test.heard.count, before + 1)
    })
  )
})

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

describe("a token", () => {
  it.effect("[C6] refreshed 100 times is authorized on one socket, one after the other", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      for (let n = 2; n <= 101; n++) {
        yield* SubscriptionRef.set(test.tokens, token(`t${n}`))
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
      for (let n = 2; n <= 50; n++) yield* SubscriptionRef.set(test.tokens, token(`t${n}`))
      yield* settle
      socket.reply("authorization")
      yield* settle
      socket.reply("authorization")
      yield* settle
      const tokens = socket.sent
        .filter(({ method }) => method === "authorization")
        .map(({ params }) => params["authorization"])
      assert.strictEqual(tokens.at(-1), "Bearer t50")
      assert.isAtMost(tokens.length, 3)
    })
  )

  it.effect("[C6] of another user: goodbye under the old one first, then a new generation", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.inquiry.users.set("t1", "p-ada").set("t2", "p-bob")
      const socket = yield* connect(test)
      yield* Effect.forkScoped(Effect.ignore(test.transport.send(announce)))
      yield* settle
      yield* SubscriptionRef.set(test.tokens, token("t2"))
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
      test.inquiry.users.set("t1", "p-ada").set("t2", "p-ada")
      const socket = yield* connect(test)
      yield* Effect.forkScoped(Effect.ignore(test.transport.send(announce)))
      for (const next of ["t2", "t-unknown"]) {
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
      const refresh = Effect.sync(() => `t${Math.min(++asked, 3)}`)
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
      const refresh = Effect.sync(() => `t${++asked}`)
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
        assert.isAtMost(asked, 30)
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
          Effect.sync(() => `t${++asked}`),
          { every: "20 seconds" }
        )
      })
      const socket = yield* connect(test)
      yield* TestClock.adjust("20 seconds")
      yield* settle
      assert.strictEqual(socket.sent.at(-1)?.params["authorization"], "Bearer t2")
    })
  )
})

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
        yield* SubscriptionRef.set(test.tokens, token("t2"))
        next.reply("presence_subscribe", { result: "sub-2" })
        yield* settle
        assert.strictEqual(next.sent.at(-1)?.params["authorization"], "Bearer t2")
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
      yield* SubscriptionRef.set(test.tokens, token("t2"))
      yield* settle
      assert.strictEqual(test.sockets.all.length, before + 1)
    })
  )

  it.effect("[C6] whose refusal is learned late is not held against the next one", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      test.inquiry.delay = "5 seconds"
      test.inquiry.explanation = { _tag: "Unauthorized", reason: "HTTP 401 for t1" }
      test.sockets.last().fail()
      yield* nextSocket(test)
      test.sockets.last().fail()
      yield* settle
      assert.strictEqual(test.inquiry.asked, 1)
      yield* SubscriptionRef.set(test.tokens, token("t2"))
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
      const refresh = Effect.suspend(() => (++asked === 2 ? Effect.never : Effect.succeed("t1")))
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
          if (asked === 1) return Effect.succeed("t1")
          return asked < 5 ? Effect.fail("away") : Effect.succeed(asked < 7 ? "t1" : "t2")
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
        auth: AuthSource.layerRefresh(Effect.sync(() => `t${++asked}`))
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
      yield* SubscriptionRef.set(test.tokens, token("t2"))
      yield* settle
      socket.reply("authorization")
      yield* settle
      test.inquiry.users.set("t2", "p-ada").set("t3", "p-bob")
      yield* SubscriptionRef.set(test.tokens, token("t3"))
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
      yield* SubscriptionRef.set(test.tokens, token("t2"))
      yield* TestClock.adjust("10 seconds")
      yield* settle
      assert.strictEqual(socket.sent.at(-1)?.params["authorization"], "Bearer t2")
    })
  )

  it.effect("[C6] refused while the one before still holds: goodbye under that", () =>
    Effect.gen(function* () {
      const test = yield* setup()
      const socket = yield* connect(test)
      yield* Effect.forkScoped(Effect.ignore(test.transport.send(announce)))
      yield* SubscriptionRef.set(test.tokens, token("t2"))
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
      yield* SubscriptionRef.set(test.tokens, token("t2"))
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
      const test = yield* setup(token("t1"), {
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
      const test = yield* setup(token("t1"), { config: { hiddenTimeout: "1 minute" } })
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
