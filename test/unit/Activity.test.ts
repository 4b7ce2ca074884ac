/** Whether somebody is active: what others are seen to be, and what this session tells of itself. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import {
  PageEvents,
  Presence,
  PresenceConfig,
  PresenceQuery,
  PresenceState,
  SessionId,
  UserId
} from "../../src/index.ts"
import { TestNetwork, TestRoom, TestTransport } from "../../src/testing/index.ts"
import { settle } from "../support/FakeWebSocket.ts"
import { makePage } from "../support/page.ts"
import { isStep } from "../support/isStep.ts"

const title = [{ documentId: "drafts.a", path: ["title"] }]
const body = [{ documentId: "drafts.a", path: ["body"] }]

const setup = Effect.fnUntraced(function* (config: PresenceConfig.PresenceConfigInput = {}) {
  const page = makePage()
  const parts = yield* Layer.build(
    Presence.layer.pipe(
      Layer.provideMerge(TestTransport.layer()),
      Layer.provide(Layer.succeed(PageEvents.PageEvents, page.events)),
      Layer.provide(PresenceConfig.layer(config))
    )
  )
  const [presence, network, room] = yield* Effect.provide(
    Effect.all([Presence, TestNetwork, TestRoom]),
    parts
  )
  const changes: Array<string> = []
  yield* presence.changes.pipe(
    Stream.filter(isStep),
    Stream.runForEach((change) =>
      Effect.sync(() => {
        const { activity, userId } = change.session
        const what =
          change._tag === "ActivityChanged" ? `${change.previous} -> ${activity}` : change._tag
        changes.push(`${userId} ${what}`)
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* settle
  return {
    page,
    presence,
    network,
    room,
    changes,
    activities: Effect.map(SubscriptionRef.get(presence.state), (state) =>
      PresenceState.toArray(state).map(({ activity }) => activity)
    ),
    announced: Effect.map(network.sent, (sent) =>
      sent.flatMap((message) =>
        message._tag === "Announce"
          ? [message.locations.map((l) => `${l.path.join(".")} ${l.lastActiveAt.slice(14, 19)}`)]
          : []
      )
    )
  }
})

type Setup = Effect.Success<ReturnType<typeof setup>>

const live = <A, E>(
  name: string,
  body: (test: Setup) => Effect.Effect<A, E, Scope.Scope>,
  config: PresenceConfig.PresenceConfigInput = {}
) => it.effect(name, () => Effect.flatMap(setup(config), body))

/** Someone who announces by hand, every 30 s with `beat`. `activeAt` is the sender's own clock. */
const someone = ({ room }: Setup, user: string) => {
  const say = (path: string | undefined, activeAt: number) =>
    Effect.andThen(
      room.publish({
        _tag: "State",
        userId: UserId.make(user),
        sessionId: SessionId.make(`${user}-1`),
        locations:
          path === undefined
            ? []
            : [
                {
                  type: "document",
                  documentId: "drafts.a",
                  path: [path],
                  lastActiveAt: new Date(activeAt * 1_000).toISOString()
                }
              ]
      }),
      settle
    )
  /** Announces that say nothing new, for so long. */
  const beat = Effect.fnUntraced(function* (path: string, activeAt: number, seconds: number) {
    for (let second = 0; second < seconds; second += 10) {
      yield* TestClock.adjust("10 seconds")
      yield* say(path, activeAt)
    }
  })
  return { say, beat }
}

describe("the activity of others", () => {
  live("[Q4] is unknown of those who only move, or only repeat what they said", (test) =>
    Effect.gen(function* () {
      const ada = someone(test, "p-ada")
      yield* ada.say("title", 0)
      yield* ada.beat("title", 0, 400)
      yield* ada.say("body", 400)
      yield* ada.say("title", 410)
      yield* ada.beat("title", 410, 400)
      assert.deepStrictEqual(yield* test.activities, ["unknown"])
      assert.deepStrictEqual(test.changes, ["p-ada Joined", "p-ada Moved", "p-ada Moved"])
    })
  )

  live(
    "[Q4] is active, idle after 60 s and away after 5 min, each told once, and active again",
    (test) =>
      Effect.gen(function* () {
        const ada = someone(test, "p-ada")
        yield* ada.say("title", 0)
        yield* TestClock.adjust("10 seconds")
        yield* ada.say("title", 10)
        assert.deepStrictEqual(yield* test.activities, ["active"])
        yield* ada.beat("title", 10, 50)
        yield* TestClock.adjust("9 seconds")
        assert.deepStrictEqual(yield* test.activities, ["active"], "for 59 s")
        yield* TestClock.adjust("1250 millis")
        assert.deepStrictEqual(yield* test.activities, ["idle"], "after 60 s")
        yield* ada.beat("title", 10, 230)
        yield* TestClock.adjust("8 seconds")
        assert.deepStrictEqual(yield* test.activities, ["idle"], "for 298 s")
        yield* ada.beat("title", 10, 10)
        assert.deepStrictEqual(yield* test.activities, ["away"], "after 5 min")
        yield* ada.beat("title", 10, 600)
        yield* ada.say("title", 900)
        assert.deepStrictEqual(yield* test.activities, ["active"])
        yield* ada.beat("title", 900, 120)
        yield* ada.say("body", 1020)
        assert.deepStrictEqual(test.changes, [
          "p-ada Joined",
          "p-ada unknown -> active",
          "p-ada active -> idle",
          "p-ada idle -> away",
          "p-ada away -> active",
          "p-ada active -> idle",
          "p-ada Moved",
          "p-ada idle -> active"
        ])
      })
  )

  live("[Q4] is by the receiver's clock, whatever that of the sender says", (test) =>
    Effect.gen(function* () {
      const ahead = someone(test, "p-ahead")
      const behind = someone(test, "p-behind")
      yield* ahead.say("title", 1_000_000)
      yield* behind.say("title", -1_000_000)
      yield* TestClock.adjust("1 second")
      yield* ahead.say("title", 1_000_001)
      yield* behind.say("title", -999_999)
      assert.deepStrictEqual(yield* test.activities, ["active", "active"])
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* test.activities, ["idle", "idle"])
      yield* ahead.say("title", 1_000_000)
      yield* behind.say("title", -1_000_000)
      assert.deepStrictEqual(yield* test.activities, ["idle", "idle"], "a replay is no activity")
    })
  )

  live("[Q4] a move is activity, also where it doesn't say so", (test) =>
    Effect.gen(function* () {
      const ada = someone(test, "p-ada")
      yield* ada.say("title", 0)
      yield* TestClock.adjust("1 second")
      yield* ada.say("title", 1)
      yield* ada.beat("title", 1, 70)
      assert.deepStrictEqual(yield* test.activities, ["idle"])
      yield* ada.say("body", 1)
      assert.deepStrictEqual(yield* test.activities, ["active"])
    })
  )

  live("[Q4] one who is long idle keeps nobody else from turning idle in time", (test) =>
    Effect.gen(function* () {
      const idle = someone(test, "p-idle")
      const late = someone(test, "p-late")
      yield* idle.say("title", 0)
      yield* late.say("title", 0)
      yield* TestClock.adjust("1 second")
      yield* idle.say("title", 1)
      yield* TestClock.adjust("59 seconds")
      yield* idle.say("title", 1)
      yield* late.say("title", 0)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* test.activities, ["idle", "unknown"])
      // Now the next one to expire, or to be away, is due later than this one is idle.
      yield* late.say("title", 62)
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* test.activities, ["idle", "active"])
      yield* TestClock.adjust("1500 millis")
      assert.deepStrictEqual(yield* test.activities, ["idle", "idle"])
    })
  )

  live("[Q4] of those who are stale is left as it was", (test) =>
    Effect.gen(function* () {
      const ada = someone(test, "p-ada")
      yield* ada.say("title", 0)
      yield* TestClock.adjust("1 second")
      yield* ada.say("title", 1)
      yield* test.network.disconnect()
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* test.activities, ["active"])
      yield* test.network.reconnect
      yield* settle
      yield* TestClock.adjust("65 seconds")
      assert.deepStrictEqual(yield* test.activities, ["active"], "stale, and waited for")
      assert.deepStrictEqual(test.changes, ["p-ada Joined", "p-ada unknown -> active"])
      // It says what it said before: it was idle while nobody could hear it.
      yield* ada.say("title", 1)
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* test.activities, ["away"])
      assert.deepStrictEqual(test.changes.slice(2), ["p-ada active -> away"])
    })
  )

  live("[Q4] is unknown where they are in no document: nothing there tells of it", (test) =>
    Effect.gen(function* () {
      const ada = someone(test, "p-ada")
      yield* ada.say("title", 0)
      yield* TestClock.adjust("1 second")
      yield* ada.say("title", 1)
      yield* ada.say(undefined, 0)
      assert.deepStrictEqual(yield* test.activities, ["unknown"])
      for (let round = 0; round < 20; round++) {
        yield* TestClock.adjust("30 seconds")
        yield* ada.say(undefined, 0)
      }
      assert.deepStrictEqual(yield* test.activities, ["unknown"])
      yield* ada.say("body", 700)
      assert.deepStrictEqual(yield* test.activities, ["active"])
      assert.deepStrictEqual(test.changes, [
        "p-ada Joined",
        "p-ada unknown -> active",
        "p-ada Moved",
        "p-ada active -> unknown",
        "p-ada Moved",
        "p-ada unknown -> active"
      ])
    })
  )

  live(
    "[Q4] turns after the times of the config",
    (test) =>
      Effect.gen(function* () {
        const ada = someone(test, "p-ada")
        yield* ada.say("title", 0)
        yield* TestClock.adjust("1 second")
        yield* ada.say("title", 1)
        yield* TestClock.adjust("1900 millis")
        assert.deepStrictEqual(yield* test.activities, ["active"])
        yield* TestClock.adjust("600 millis")
        assert.deepStrictEqual(yield* test.activities, ["idle"])
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(yield* test.activities, ["idle"])
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* test.activities, ["away"])
      }),
    { idleAfter: "2 seconds", awayAfter: "8 seconds" }
  )

  live("[Q4] [R8] shows in a document's answer, and wakes nobody while it stays", (test) =>
    Effect.gen(function* () {
      const ada = someone(test, "p-ada")
      const query = PresenceQuery.prepare({ documentId: "a" })
      const look = Effect.map(SubscriptionRef.get(test.presence.state), (state) =>
        PresenceQuery.inDocument(state, query)
      )
      let calls = 0
      const unwatch = test.presence.watch("a", () => (calls += 1))
      yield* ada.say("title", 0)
      yield* TestClock.adjust("1 second")
      yield* ada.say("title", 1)
      const active = yield* look
      assert.deepStrictEqual(
        active.map(({ activity }) => activity),
        ["active"]
      )
      assert.strictEqual(calls, 2)
      for (let second = 2; second < 50; second++) yield* ada.say("title", second)
      assert.strictEqual(yield* look, active)
      assert.strictEqual(calls, 2)
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(
        (yield* look).map(({ activity }) => activity),
        ["idle"]
      )
      assert.strictEqual(calls, 3)
      unwatch()
    })
  )
})

describe("one's own activity", () => {
  live("[Q4] advances with reports alone: heartbeats repeat it", ({ announced, presence }) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("5 seconds")
      yield* presence.report(title)
      yield* TestClock.adjust("70 seconds")
      assert.deepStrictEqual(yield* announced, [["title 00:05"], ["title 00:05"], ["title 00:05"]])
      yield* presence.report(title)
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual((yield* announced).slice(3), [["title 01:15"]])
    })
  )

  live("[Q4] advances with the pointer and the keyboard", ({ announced, page, presence }) =>
    Effect.gen(function* () {
      yield* presence.report(title)
      yield* TestClock.adjust("20 seconds")
      page.fire("activity")
      yield* settle
      assert.lengthOf(yield* announced, 1, "nobody needs to know at once")
      yield* TestClock.adjust("40 seconds")
      assert.deepStrictEqual(yield* announced, [["title 00:00"], ["title 00:20"], ["title 00:20"]])
    })
  )

  live(
    "[Q4] who comes back from idleness announces at once, and once",
    ({ announced, page, presence }) =>
      Effect.gen(function* () {
        yield* presence.report(title)
        yield* TestClock.adjust("65 seconds")
        const before = (yield* announced).length
        page.fire("activity")
        yield* settle
        assert.deepStrictEqual((yield* announced).slice(before), [["title 01:05"]])
        for (let index = 0; index < 20; index++) {
          yield* TestClock.adjust("1 second")
          page.fire("activity")
        }
        yield* settle
        assert.lengthOf(yield* announced, before + 1)
      })
  )

  live("[Q4] who comes back by moving announces once", ({ announced, presence }) =>
    Effect.gen(function* () {
      yield* presence.report(title)
      yield* TestClock.adjust("65 seconds")
      const before = (yield* announced).length
      yield* presence.report(body)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual((yield* announced).slice(before), [["body 01:05"]])
    })
  )

  live(
    "[Q4] [A2] who comes back by leaving everything waits, as any report that clears does",
    ({ announced, presence }) =>
      Effect.gen(function* () {
        yield* presence.report(title)
        yield* TestClock.adjust("65 seconds")
        const before = (yield* announced).length
        yield* presence.report([])
        yield* TestClock.adjust("100 millis")
        assert.lengthOf(yield* announced, before)
        yield* presence.report(body)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual((yield* announced).slice(before), [["body 01:05"]])
      })
  )

  live("[Q4] who comes back by reporting the same place announces once", (test) =>
    Effect.gen(function* () {
      const { announced, presence } = test
      yield* presence.report(title)
      yield* TestClock.adjust("65 seconds")
      const before = (yield* announced).length
      yield* presence.report(title)
      yield* presence.report(title)
      yield* settle
      assert.deepStrictEqual((yield* announced).slice(before), [["title 01:05"]])
    })
  )

  live(
    "[Q4] who comes back while there is no connection tells so on the next one",
    ({ announced, network, page, presence }) =>
      Effect.gen(function* () {
        yield* presence.report(title)
        yield* TestClock.adjust("1 second")
        yield* network.disconnect()
        yield* TestClock.adjust("2 minutes")
        page.fire("activity")
        yield* settle
        const before = (yield* announced).length
        yield* network.reconnect
        yield* settle
        assert.deepStrictEqual((yield* announced).slice(before), [["title 02:01"]])
      })
  )

  live("[Q4] [A1] a silent session stays silent whatever the pointer does", (test) =>
    Effect.gen(function* () {
      const { announced, network, page } = test
      for (let index = 0; index < 5; index++) {
        yield* TestClock.adjust("70 seconds")
        page.fire("activity")
        yield* settle
      }
      yield* network.disconnect()
      page.fire("activity")
      yield* network.reconnect
      yield* TestClock.adjust("70 seconds")
      page.fire("activity")
      yield* settle
      assert.deepStrictEqual(yield* announced, [])
    })
  )

  live("[Q4] a pointer that never rests announces nothing beside the interval", (test) =>
    Effect.gen(function* () {
      const { announced, page, presence } = test
      yield* presence.report(title)
      for (let second = 0; second < 300; second++) {
        page.fire("activity")
        yield* TestClock.adjust("1 second")
      }
      assert.lengthOf(yield* announced, 11)
    })
  )

  live(
    "[Q4] is idle after the time of the config",
    ({ announced, page, presence }) =>
      Effect.gen(function* () {
        yield* presence.report(title)
        yield* TestClock.adjust("4 seconds")
        page.fire("activity")
        yield* settle
        assert.lengthOf(yield* announced, 1)
        yield* TestClock.adjust("5 seconds")
        page.fire("activity")
        yield* settle
        assert.lengthOf(yield* announced, 2)
      }),
    { idleAfter: "5 seconds" }
  )

  it.effect("[Q4] two of ours see each other turn idle and come back at once", () =>
    Effect.gen(function* () {
      const bob = yield* setup()
      const page = makePage()
      const connection = yield* TestTransport.connect("p-ada").pipe(
        Effect.provideService(TestRoom, bob.room),
        Effect.provideService(PageEvents.PageEvents, page.events)
      )
      const ada = yield* Effect.provide(
        Presence.use(Effect.succeed),
        yield* Layer.build(
          Presence.layer.pipe(
            Layer.provide(TestTransport.layerConnection(connection)),
            Layer.provide(Layer.succeed(PageEvents.PageEvents, page.events))
          )
        )
      )
      yield* ada.report(title)
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(yield* bob.activities, ["unknown"])
      page.fire("activity")
      yield* TestClock.adjust("15 seconds")
      assert.deepStrictEqual(yield* bob.activities, ["active"])
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(yield* bob.activities, ["idle"])
      page.fire("activity")
      yield* settle
      assert.deepStrictEqual(yield* bob.activities, ["active"])
      assert.deepStrictEqual(bob.changes, [
        "p-ada Joined",
        "p-ada unknown -> active",
        "p-ada active -> idle",
        "p-ada idle -> active"
      ])
    })
  )
})
