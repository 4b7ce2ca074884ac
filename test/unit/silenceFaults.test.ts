import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { ConnectionStatus } from "../../src/index.ts"
import {
  announce,
  connect,
  generation,
  live,
  nextSocket,
  probesOf,
  reasonOf,
  setup,
  token
} from "../support/FakeBifur.ts"
import { settle } from "../support/FakeWebSocket.ts"
import * as OddClock from "../support/OddClock.ts"

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
        const test = yield* setup(token("unseen-t1"), { clock: odd.clock })
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
        const test = yield* setup(token("unseen-t1"), { clock: odd.clock })
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
      const test = yield* setup(token("unseen-t1"), { clock: odd.clock })
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
      const test = yield* setup(token("unseen-t1"), { clock: odd.clock })
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
      const test = yield* setup(token("unseen-t1"), { clock: odd.clock })
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
      const test = yield* setup(token("unseen-t1"), { clock: odd.clock })
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
