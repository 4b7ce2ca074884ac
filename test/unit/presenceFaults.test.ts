import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import {
  PageEvents,
  Presence,
  PresenceConfig,
  PresenceState,
  Rejected,
  SessionId,
  TransportError,
  UserId
} from "../../src/index.ts"
import { TestNetwork, TestRoom, TestTransport } from "../../src/testing/index.ts"
import { settle } from "../support/FakeWebSocket.ts"
import * as OddClock from "../support/OddClock.ts"
import { makePage } from "../support/page.ts"
import { isStep } from "../support/isStep.ts"

const title = [{ documentId: "drafts.a", path: ["title"] }]
const body = [{ documentId: "drafts.a", path: ["body"] }]

/** Presence on a clock of its own, which goes wrong; the room and the others keep the right one. */
const setup = Effect.fnUntraced(function* (config: PresenceConfig.PresenceConfigInput = {}) {
  const odd = yield* OddClock.make
  const page = makePage()
  const parts = yield* Layer.build(
    Presence.layer.pipe(
      Layer.provideMerge(TestTransport.layer()),
      Layer.provide(Layer.succeed(PageEvents.PageEvents, page.events)),
      Layer.provide(PresenceConfig.layer(config))
    )
  ).pipe(Effect.provideService(Clock.Clock, odd.clock))
  const [presence, network, room] = yield* Effect.provide(
    Effect.all([Presence, TestNetwork, TestRoom]),
    parts
  )
  const changes: Array<string> = []
  yield* presence.changes.pipe(
    Stream.filter(isStep),
    Stream.runForEach((change) =>
      Effect.sync(() => {
        const reason = change._tag === "Left" ? ` ${change.reason}` : ""
        changes.push(`${change.session.userId} ${change._tag}${reason}`)
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* settle
  return {
    odd,
    page,
    presence,
    network,
    room,
    changes,
    people: Effect.map(SubscriptionRef.get(presence.state), (state) =>
      PresenceState.toArray(state).map(({ userId }) => userId)
    ),
    stale: Effect.map(SubscriptionRef.get(presence.state), (state) =>
      PresenceState.toArray(state).flatMap((session) => (session.stale ? [session.userId] : []))
    ),
    announced: Effect.map(network.sent, (sent) =>
      sent.flatMap((message) =>
        message._tag === "Announce" ? [message.locations.map(({ path }) => path.join("."))] : []
      )
    ),
    rollCalls: Effect.map(
      network.sent,
      (sent) => sent.filter(({ _tag }) => _tag === "RollCall").length
    )
  }
})

type Setup = Effect.Success<ReturnType<typeof setup>>

/** The longest time between two announces over `minutes`, in seconds. */
const longestGap = Effect.fnUntraced(function* (
  { announced, room }: Setup,
  minutes: number,
  beat: number
) {
  let count = (yield* announced).length
  let last = 0
  let longest = 0
  for (let second = 1; second <= minutes * 60; second++) {
    yield* TestClock.adjust("1 second")
    if (beat > 0 && second % beat === 0) yield* room.deliver("♥")
    yield* settle
    const now = (yield* announced).length
    if (now === count) continue
    count = now
    longest = Math.max(longest, second - last)
    last = second
  }
  return Math.max(longest, minutes * 60 - last)
})

describe("timers of a hidden page, held up to one a minute", () => {
  for (const [beat, most] of [
    [0, 89],
    [30, 60],
    [7, 37]
  ] as const) {
    it.effect(
      `[A5] never let us vanish from a peer that expires after 90 s: frames every ${beat} s`,
      () =>
        Effect.gen(function* () {
          const test = yield* setup()
          yield* test.presence.report(title)
          yield* settle
          test.odd.throttle(60_000)
          const gap = yield* longestGap(test, 5, beat)
          assert.isAtMost(gap, most)
          console.log(`hidden page, frames every ${beat} s: announces ${gap} s apart at most`)
        })
    )
  }

  it.effect("[A5] what is overdue goes out when the page is shown", () =>
    Effect.gen(function* () {
      const { announced, odd, page, presence } = yield* setup()
      yield* presence.report(title)
      yield* settle
      odd.throttle(600_000)
      yield* TestClock.adjust("1 second")
      yield* presence.report(title)
      yield* TestClock.adjust("40 seconds")
      const before = (yield* announced).length
      page.fire("visible")
      yield* settle
      assert.strictEqual((yield* announced).length, before + 1)
    })
  )

  it.effect("[C5] let go of nobody before a new roll call has had its answers", () =>
    Effect.gen(function* () {
      const { changes, network, odd, people, room } = yield* setup()
      yield* room.join({ userId: "p-ada" })
      const bob = yield* room.join({ userId: "p-bob" })
      yield* settle
      odd.throttle(600_000)
      yield* Effect.andThen(network.disconnect(), network.reconnect)
      yield* settle
      // Nothing is heard, and no code runs, for longer than both would be kept.
      yield* network.partition
      yield* bob.crash
      yield* TestClock.adjust("590 seconds")
      yield* network.heal
      odd.throttle(0)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* people, ["p-ada", "p-bob"])
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* people, ["p-ada"])
      assert.deepStrictEqual(changes, ["p-ada Joined", "p-bob Joined", "p-bob Left lost"])
    })
  )
})

describe("after a sleep", () => {
  const hour = 3_600_000

  for (const [name, skip] of [
    ["the wall clock alone went on", 0],
    ["both clocks went on", hour]
  ] as const) {
    it.effect(`[C5] nobody is let go of who answers, whoever left is found out: ${name}`, () =>
      Effect.gen(function* () {
        const { changes, network, odd, people, rollCalls, room, stale } = yield* setup()
        yield* room.join({ userId: "p-ada", locations: title })
        const bob = yield* room.join({ userId: "p-bob" })
        yield* TestClock.adjust("10 seconds")
        const before = yield* rollCalls
        yield* bob.crash
        odd.jump(hour)
        odd.skip(skip)
        yield* network.resume
        yield* settle
        assert.isAbove(yield* rollCalls, before)
        assert.deepStrictEqual(yield* stale, ["p-bob"], "ada has answered already")
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(yield* people, ["p-ada"])
        assert.deepStrictEqual(changes.slice(2), ["p-bob Left lost"])
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(yield* people, ["p-ada"])
      })
    )
  }
})

describe("clocks that are wrong", () => {
  const day = 86_400_000

  for (const [name, by] of [
    ["a day ahead", day],
    ["a day behind", -day]
  ] as const) {
    it.effect(`[R3] the sender's, ${name}: it stays while it is heard, and goes 90 s after`, () =>
      Effect.gen(function* () {
        const { people, room } = yield* setup()
        const now = yield* Clock.currentTimeMillis
        const say = room.publish({
          _tag: "State",
          userId: UserId.make("p-ada"),
          sessionId: SessionId.make("s"),
          locations: [
            {
              type: "document",
              documentId: "a",
              path: [],
              lastActiveAt: new Date(now + by).toISOString()
            }
          ]
        })
        for (let n = 0; n < 10; n++) {
          yield* say
          yield* TestClock.adjust("30 seconds")
          assert.deepStrictEqual(yield* people, ["p-ada"])
        }
        yield* TestClock.adjust("59 seconds")
        assert.deepStrictEqual(yield* people, ["p-ada"])
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* people, [])
      })
    )
  }

  it.effect("[R3] our own, set back: it changes nothing for anybody", () =>
    Effect.gen(function* () {
      const { announced, odd, people, presence, room } = yield* setup()
      const ada = yield* room.join({ userId: "p-ada" })
      yield* presence.report(title)
      yield* settle
      odd.jump(-day)
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual((yield* announced).length, 2)
      assert.deepStrictEqual(yield* people, ["p-ada"])
      yield* ada.crash
      yield* TestClock.adjust("91 seconds")
      assert.deepStrictEqual(yield* people, [])
    })
  )
})

describe("a connection that flaps", () => {
  it.effect("[R4] shows nobody for ever who is gone: 90 s of connection, and not more", () =>
    Effect.gen(function* () {
      const { changes, network, people, room } = yield* setup()
      yield* room.join({ userId: "p-ada" })
      const bob = yield* room.join({ userId: "p-bob" })
      yield* settle
      yield* bob.crash
      for (let n = 0; n < 30; n++) {
        yield* network.disconnect()
        yield* TestClock.adjust("20 seconds")
        yield* network.reconnect
        yield* TestClock.adjust("4 seconds")
      }
      assert.deepStrictEqual(yield* people, ["p-ada"])
      assert.strictEqual(changes.filter((change) => change.startsWith("p-ada")).length, 1)
    })
  )

  it.effect("[C5] [R4] a sleep while others have time to answer: they are asked once more", () =>
    Effect.gen(function* () {
      const { changes, network, odd, people, room } = yield* setup()
      const ada = yield* room.join({ userId: "p-ada" })
      yield* settle
      yield* Effect.all([ada.partition, network.disconnect()])
      yield* TestClock.adjust("8 seconds")
      yield* network.reconnect
      yield* TestClock.adjust("11 seconds")
      // Both clocks go on, and the timer of those who have not answered rings late.
      odd.skip(3_600_000)
      odd.jump(3_600_000)
      yield* ada.heal
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(yield* people, ["p-ada"])
      assert.deepStrictEqual(changes, ["p-ada Joined"])
    })
  )
})

describe("after an outage", () => {
  it.effect("[R4] the others have as long again to be back, 90 s at most", () =>
    Effect.gen(function* () {
      for (const [outage, wait] of [
        [0, 5],
        [20, 25],
        [600, 90]
      ] as const) {
        const { changes, network, people, room } = yield* setup()
        const ada = yield* room.join({ userId: "p-ada" })
        const bob = yield* room.join({ userId: "p-bob" })
        yield* settle
        yield* Effect.all([ada.partition, bob.partition, network.disconnect()])
        yield* TestClock.adjust(outage * 1_000)
        yield* network.reconnect
        yield* TestClock.adjust(wait * 1_000 - 1_000)
        yield* ada.heal
        yield* settle
        assert.deepStrictEqual(yield* people, ["p-ada", "p-bob"])
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(yield* people, ["p-ada"])
        assert.strictEqual(changes.at(-1), "p-bob Left lost")
        assert.strictEqual(changes.length, 3, "ada never left")
      }
    })
  )
})

describe("a roll call that is refused", () => {
  it.effect("[R4] proves nothing: whoever announces stays, the others go after 90 s", () =>
    Effect.gen(function* () {
      const { network, transport } = yield* TestTransport.connect("p-self")
      const room = yield* TestRoom
      const refused = new TransportError({
        reason: new Rejected({ method: "presence_rollcall", code: 1, detail: "no" })
      })
      const parts = yield* Layer.build(
        Presence.layer.pipe(
          Layer.provide(
            TestTransport.layerConnection({
              network,
              transport: {
                ...transport,
                send: (message) =>
                  message._tag === "RollCall" ? Effect.fail(refused) : transport.send(message)
              }
            })
          )
        )
      )
      const presence = yield* Effect.provide(Presence.use(Effect.succeed), parts)
      const people = Effect.map(SubscriptionRef.get(presence.state), (state) =>
        PresenceState.toArray(state).map(({ userId }) => userId)
      )
      yield* room.join({ userId: "p-ada" })
      const bob = yield* room.join({ userId: "p-bob" })
      const ready = yield* Effect.forkScoped(presence.ready)
      yield* TestClock.adjust("1 second")
      assert.isDefined(ready.pollUnsafe(), "ready all the same")
      yield* bob.crash
      yield* Effect.andThen(network.disconnect(), network.reconnect)
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(yield* people, ["p-ada", "p-bob"])
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* people, ["p-ada"])
    }).pipe(Effect.provide(TestRoom.layer))
  )
})

describe("reports", () => {
  it.effect("[A6] [A2] 1,000 a second for 10 s: one announce per window, the last one wins", () =>
    Effect.gen(function* () {
      const { announced, presence } = yield* setup()
      for (let n = 0; n < 10_000; n++) {
        yield* presence.report([{ documentId: "a", path: [`f${n}`] }])
        if (n % 10 === 9) yield* TestClock.adjust("10 millis")
      }
      yield* TestClock.adjust("1 second")
      const all = yield* announced
      assert.deepStrictEqual(all.at(-1), ["f9999"])
      assert.isAtMost(all.length, 52)
      console.log(`10,000 reports in 10 s: ${all.length} announces`)
    })
  )

  it.effect("[A6] beyond what others take in, or what goes into a frame, are left out", () =>
    Effect.gen(function* () {
      const { announced, network, presence } = yield* setup()
      yield* presence.report(
        Array.from({ length: 5_000 }, (_, n) => ({ documentId: `${n}`, path: ["x".repeat(500)] }))
      )
      yield* settle
      assert.strictEqual((yield* announced).at(-1)?.length, 100)
      const deep = Array.from({ length: 65 }, () => "a")
      yield* presence.report([
        { documentId: "a", path: deep },
        { documentId: "b".repeat(513) },
        ...title
      ])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* announced).at(-1), ["title"])
      const long = Array.from({ length: 60 }, () => "x".repeat(500))
      yield* presence.report(
        Array.from({ length: 50 }, (_, n) => ({ documentId: `${n}`, path: long }))
      )
      yield* TestClock.adjust("1 second")
      const length = JSON.stringify((yield* network.sent).at(-1)).length
      assert.isBelow(length, 66_000)
      assert.isAbove(length, 30_000)
    })
  )

  it.effect("[A7] of several reporters are one, each place once, until each has ended", () =>
    Effect.gen(function* () {
      const { announced, presence } = yield* setup()
      const last = Effect.andThen(
        TestClock.adjust("1 second"),
        Effect.map(announced, (all) => all.at(-1))
      )
      const scopes = yield* Effect.all([Scope.make(), Scope.make()])
      const [first, second] = yield* Effect.forEach(scopes, (scope) =>
        Scope.provide(presence.reporter, scope)
      )
      yield* presence.report(title)
      yield* first?.(body) ?? Effect.void
      assert.deepStrictEqual(yield* last, ["title", "body"])
      yield* second?.([...body, { documentId: "b", path: ["other"] }]) ?? Effect.void
      assert.deepStrictEqual(yield* last, ["title", "body", "other"])
      yield* Scope.close(scopes[0], Exit.void)
      assert.deepStrictEqual(yield* last, ["title", "body", "other"], "the second is there too")
      yield* presence.report([])
      assert.deepStrictEqual(yield* last, ["body", "other"])
      yield* Scope.close(scopes[1], Exit.void)
      assert.deepStrictEqual(yield* last, [], "present, in no document")
    })
  )

  it.effect("[A7] a reporter that is used after its end reports nothing", () =>
    Effect.gen(function* () {
      const { announced, presence } = yield* setup()
      const report = yield* Effect.scoped(presence.reporter)
      yield* report(title)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* announced, [])
    })
  )

  it.effect("[A7] [A1] a reporter that never reported says nothing when it ends", () =>
    Effect.gen(function* () {
      const { announced, presence } = yield* setup()
      yield* Effect.scoped(presence.reporter)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* announced, [])
    })
  )

  it.effect("[A4] an announce whose answer is late holds back nothing", () =>
    Effect.gen(function* () {
      const { announced, network, presence } = yield* setup()
      yield* network.partition
      yield* presence.report(title)
      yield* TestClock.adjust("1 second")
      yield* presence.report(body)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* announced, [["title"], ["body"]])
      yield* network.heal
    })
  )
})

describe("an idle session", () => {
  it.effect("[A1] [A2] sends two messages a minute, and none while it only reads", () =>
    Effect.gen(function* () {
      const { network, presence, room } = yield* setup()
      yield* room.join({ userId: "p-ada" })
      const count = Effect.map(network.sent, (sent) => sent.length)
      yield* TestClock.adjust("1 minute")
      const start = yield* count
      yield* TestClock.adjust("10 minutes")
      const reading = (yield* count) - start
      yield* presence.report(title)
      yield* TestClock.adjust("1 second")
      const reported = yield* count
      yield* TestClock.adjust("10 minutes")
      const present = (yield* count) - reported
      assert.deepStrictEqual([reading, present], [0, 20])
      console.log(`messages a minute: ${reading / 10} reading, ${present / 10} present and idle`)
    })
  )
})

describe("a goodbye in our name that we did not say", () => {
  it.effect("[A8] is answered by an announce at once, and once a second at most", () =>
    Effect.gen(function* () {
      const { announced, presence, room } = yield* setup()
      yield* presence.report(title)
      yield* TestClock.adjust("10 seconds")
      const forged = room.publish({
        _tag: "Disconnect",
        userId: UserId.make("p-eve"),
        sessionId: presence.sessionId
      })
      yield* forged
      yield* settle
      assert.strictEqual((yield* announced).length, 2)
      for (let n = 0; n < 1_000; n++) {
        yield* forged
        yield* TestClock.adjust("1 millis")
      }
      yield* TestClock.adjust("1 second")
      assert.isAtMost((yield* announced).length, 4)
      assert.isAtLeast((yield* announced).length, 3, "the last one was answered too")
    })
  )

  it.effect("[A8] [A1] is no reason to speak for who has not reported", () =>
    Effect.gen(function* () {
      const { announced, presence, room } = yield* setup()
      yield* room.publish({
        _tag: "Disconnect",
        userId: UserId.make("p-eve"),
        sessionId: presence.sessionId
      })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* announced, [])
    })
  )
})
