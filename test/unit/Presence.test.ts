import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import {
  PageEvents,
  Presence,
  PresenceState,
  type ReportedLocation,
  SessionId,
  UserId
} from "../../src/index.ts"
import { fromReported } from "../../src/Location.ts"
import { TestNetwork, TestRoom, TestTransport } from "../../src/testing/index.ts"
import { settle } from "../support/FakeWebSocket.ts"
import { makePage } from "../support/page.ts"
import { isStep } from "../support/isStep.ts"

const TestLive = Presence.layer.pipe(Layer.provideMerge(TestTransport.layer()))

const setup = Effect.gen(function* () {
  const presence = yield* Presence
  const room = yield* TestRoom
  const network = yield* TestNetwork
  const changes: Array<string> = []
  yield* presence.changes.pipe(
    Stream.filter(isStep),
    Stream.runForEach((change) =>
      Effect.sync(() => {
        const path = change.session.locations.map((l) => l.path.join(".")).join(",")
        const detail = change._tag === "Left" ? change.reason : path
        changes.push(`${change.session.userId} ${change._tag} ${detail}`.trim())
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* settle
  const state = SubscriptionRef.get(presence.state)
  return {
    presence,
    room,
    network,
    changes,
    state,
    people: Effect.map(state, (s) => PresenceState.toArray(s).map(({ userId }) => userId)),
    sent: Effect.map(network.sent, (sent) => sent.map(({ _tag }) => _tag)),
    announced: Effect.map(network.sent, (sent) =>
      sent.flatMap((m) =>
        m._tag === "Announce" ? [m.locations.map((l) => l.path.join(".")).join(",")] : []
      )
    )
  }
})

const live = <A, E>(
  name: string,
  body: (test: Effect.Success<typeof setup>) => Effect.Effect<A, E, Scope.Scope>
) => it.effect(name, () => Effect.flatMap(setup, body).pipe(Effect.provide(TestLive)))

const title = [{ documentId: "drafts.a", path: ["title"] }]
const body = [{ documentId: "drafts.a", path: ["body"] }]

describe("Presence announces", () => {
  live("[A1] nothing while it only reads", ({ room, sent }) =>
    Effect.gen(function* () {
      const ada = yield* room.join({ userId: "p-ada" })
      yield* TestClock.adjust("2 minutes")
      yield* ada.move(title)
      yield* room.publish({ _tag: "RollCall", userId: ada.userId, sessionId: ada.sessionId })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* sent, ["RollCall"])
    })
  )

  live("[A1] an empty report: present, in no document", ({ announced, presence }) =>
    Effect.gen(function* () {
      yield* presence.report([])
      yield* settle
      assert.deepStrictEqual(yield* announced, [""])
    })
  )

  live("[A2] at once when it moves, and every 30 s after that", ({ announced, presence }) =>
    Effect.gen(function* () {
      yield* presence.report(title)
      yield* settle
      assert.deepStrictEqual(yield* announced, ["title"])
      yield* TestClock.adjust("29900 millis")
      assert.deepStrictEqual(yield* announced, ["title"])
      yield* TestClock.adjust("30100 millis")
      assert.deepStrictEqual(yield* announced, ["title", "title", "title"])
    })
  )

  live(
    "[A2] one announce per window under a storm of reports, and the last one wins",
    ({ announced, presence }) =>
      Effect.gen(function* () {
        for (let index = 0; index < 1000; index++) {
          yield* presence.report([{ documentId: "a", path: [`f${index}`] }])
          yield* TestClock.adjust("1 millis")
        }
        yield* TestClock.adjust("1 second")
        const all = yield* announced
        assert.strictEqual(all.at(-1), "f999")
        assert.isAtMost(all.length, 7)
      })
  )

  live("[A2] nothing for an equal report, however it is written", ({ announced, presence }) =>
    Effect.gen(function* () {
      for (let index = 0; index < 10; index++) {
        yield* presence.report([{ documentId: "drafts.a", path: ["title"] }])
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(yield* announced, ["title"])
    })
  )

  live("[A2] in answer to another session's roll call", ({ announced, presence, room }) =>
    Effect.gen(function* () {
      yield* presence.report(title)
      yield* TestClock.adjust("1 second")
      yield* room.publish({
        _tag: "RollCall",
        userId: UserId.make("p-bob"),
        sessionId: SessionId.make("b")
      })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* announced, ["title", "title"])
    })
  )

  live(
    "[A3] answers of a large room are spread, those of a small one are not delayed",
    ({ announced, presence, room }) =>
      Effect.gen(function* () {
        yield* presence.report(title)
        const rollCall = room.publish({
          _tag: "RollCall",
          userId: UserId.make("p-bob"),
          sessionId: SessionId.make("b")
        })
        yield* TestClock.adjust("1 second")
        yield* rollCall
        yield* settle
        assert.strictEqual((yield* announced).length, 2)
        for (let index = 0; index < 300; index++) {
          yield* room.publish({
            _tag: "State",
            userId: UserId.make(`u${index}`),
            sessionId: SessionId.make("s"),
            locations: []
          })
        }
        let soon = 0
        for (let round = 0; round < 20; round++) {
          const before = (yield* announced).length
          yield* TestClock.adjust("1 second")
          yield* rollCall
          yield* settle
          yield* TestClock.adjust("50 millis")
          if ((yield* announced).length > before) soon += 1
          yield* TestClock.adjust("950 millis")
          assert.isAbove((yield* announced).length, before)
        }
        assert.isBelow(soon, 10)
      })
  )

  live(
    "[A2] [A4] again on every new connection, and lost sends end nothing",
    ({ announced, network, presence }) =>
      Effect.gen(function* () {
        yield* presence.report(title)
        yield* TestClock.adjust("1 second")
        yield* network.partition
        yield* presence.report(body)
        yield* TestClock.adjust("15 seconds")
        yield* network.heal
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual((yield* announced).at(-1), "body")
        yield* network.disconnect()
        yield* presence.report(title)
        yield* TestClock.adjust("5 minutes")
        const before = (yield* announced).length
        yield* network.reconnect
        yield* settle
        assert.deepStrictEqual((yield* announced).slice(before), ["title"])
      })
  )
})

describe("Presence is given nonsense to report", () => {
  live("[A4] leaves it out and announces the rest, then and later", ({ announced, presence }) =>
    Effect.gen(function* () {
      const nonsense: ReadonlyArray<ReportedLocation> = JSON.parse(
        '[null,{"documentId":7},{"documentId":"a","path":[null]},{"documentId":"a","path":["title"]}]'
      )
      yield* presence.report([...nonsense, { documentId: "a", path: [NaN] }])
      yield* settle
      assert.deepStrictEqual(yield* announced, ["title"])
      yield* TestClock.adjust("1 second")
      yield* presence.report(body)
      yield* settle
      assert.deepStrictEqual(yield* announced, ["title", "body"])
    })
  )
})

describe("Presence says goodbye", () => {
  const scoped = Effect.fnUntraced(function* (page: PageEvents.PageEventsShape = PageEvents.none) {
    const { network, transport } = yield* Effect.provideService(
      TestTransport.connect("p-self"),
      PageEvents.PageEvents,
      page
    )
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(
      Presence.layer.pipe(
        Layer.provide(TestTransport.layerConnection({ network, transport })),
        Layer.provide(Layer.succeed(PageEvents.PageEvents, page))
      ),
      scope
    )
    const presence = yield* Effect.provide(Presence.use(Effect.succeed), context)
    yield* settle
    return {
      presence,
      network,
      close: Scope.close(scope, Exit.void),
      sent: Effect.map(network.sent, (sent) => sent.map(({ _tag }) => _tag))
    }
  })

  it.effect("[C9] when its scope closes, and nothing after that", () =>
    Effect.gen(function* () {
      const { close, presence, sent } = yield* scoped()
      yield* presence.report(title)
      yield* settle
      yield* presence.report(body)
      yield* close
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* sent, ["RollCall", "Announce", "Disconnect"])
    }).pipe(Effect.provide(TestRoom.layer))
  )

  it.effect("[C9] [A1] not if nobody ever heard of it", () =>
    Effect.gen(function* () {
      const { close, sent } = yield* scoped()
      yield* close
      assert.deepStrictEqual(yield* sent, ["RollCall"])
    }).pipe(Effect.provide(TestRoom.layer))
  )

  it.effect("[C9] and waits no longer than 1 s for a server that does not answer", () =>
    Effect.gen(function* () {
      const { close, network, presence } = yield* scoped()
      yield* presence.report(title)
      yield* settle
      yield* network.partition
      const closing = yield* Effect.forkChild(close)
      yield* TestClock.adjust("1 second")
      assert.isDefined(closing.pollUnsafe())
    }).pipe(Effect.provide(TestRoom.layer))
  )

  it.effect("[C9] within the page's last event, and is silent until the page is back", () =>
    Effect.gen(function* () {
      const page = makePage()
      const { presence, sent } = yield* scoped(page.events)
      yield* presence.report(title)
      yield* settle
      yield* Effect.sync(() => page.fire("hide"))
      assert.strictEqual((yield* sent).at(-1), "Disconnect")
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* sent).at(-1), "Disconnect")
      page.fire("show")
      yield* settle
      assert.strictEqual((yield* sent).at(-1), "Announce")
    }).pipe(Effect.provide(TestRoom.layer))
  )
})

describe("Presence receives", () => {
  live("[R1] its own echoes: neither shown nor answered", ({ people, presence, sent, state }) =>
    Effect.gen(function* () {
      const before = yield* state
      yield* presence.report(title)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* people, [])
      assert.strictEqual(yield* state, before)
      assert.deepStrictEqual(yield* sent, ["RollCall", "Announce"])
    })
  )

  live("[R2] garbage, and goes on", ({ people, room }) =>
    Effect.gen(function* () {
      for (const frame of [
        "",
        "{",
        "null",
        "[]",
        '{"jsonrpc":"2.0","method":"presence_subscription"}'
      ]) {
        yield* room.deliver(frame)
      }
      yield* room.join({ userId: "p-ada" })
      yield* settle
      assert.deepStrictEqual(yield* people, ["p-ada"])
    })
  )

  live(
    "[R3] sessions expire 90 s after their last word, whatever their clock says",
    ({ changes, people, room }) =>
      Effect.gen(function* () {
        const words = (lastActiveAt: string) =>
          room.publish({
            _tag: "State",
            userId: UserId.make("p-skewed"),
            sessionId: SessionId.make("s"),
            locations: [fromReported({ documentId: "a" }, lastActiveAt)]
          })
        yield* words("2099-01-01T00:00:00Z")
        yield* TestClock.adjust("60 seconds")
        yield* words("1999-01-01T00:00:00Z")
        yield* TestClock.adjust("89 seconds")
        assert.deepStrictEqual(yield* people, ["p-skewed"])
        yield* TestClock.adjust("1001 millis")
        assert.deepStrictEqual(yield* people, [])
        assert.deepStrictEqual(changes, ["p-skewed Joined", "p-skewed Left expired"])
      })
  )

  live("[R3] a crashed peer goes, one that only keeps still stays", ({ people, room }) =>
    Effect.gen(function* () {
      const ada = yield* room.join({ userId: "p-ada" })
      yield* room.join({ userId: "p-bob" })
      yield* ada.crash
      yield* TestClock.adjust("91 seconds")
      assert.deepStrictEqual(yield* people, ["p-bob"])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* people, ["p-bob"])
    })
  )

  live("[R3] nobody expires while there is no connection", ({ changes, network, people, room }) =>
    Effect.gen(function* () {
      yield* room.join({ userId: "p-ada" })
      yield* settle
      yield* network.disconnect()
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* people, ["p-ada"])
      yield* network.reconnect
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* people, ["p-ada"])
      assert.deepStrictEqual(changes, ["p-ada Joined"])
    })
  )

  live(
    "[R4] a reconnect: those who answer never left, those who do not are lost",
    ({ changes, network, people, room, state }) =>
      Effect.gen(function* () {
        yield* room.join({ userId: "p-ada" })
        const bob = yield* room.join({ userId: "p-bob" })
        yield* settle
        yield* network.disconnect()
        yield* settle
        assert.deepStrictEqual(
          PresenceState.toArray(yield* state).map((s) => s.stale),
          [true, true]
        )
        yield* bob.crash
        yield* network.reconnect
        yield* settle
        assert.deepStrictEqual(
          PresenceState.toArray(yield* state).map((s) => s.stale),
          [false, true]
        )
        yield* TestClock.adjust("4900 millis")
        assert.deepStrictEqual(yield* people, ["p-ada", "p-bob"])
        yield* TestClock.adjust("200 millis")
        assert.deepStrictEqual(yield* people, ["p-ada"])
        assert.deepStrictEqual(changes, ["p-ada Joined", "p-bob Joined", "p-bob Left lost"])
      })
  )

  live("[R4] a second loss before the answers starts the wait over", ({ network, people, room }) =>
    Effect.gen(function* () {
      const ada = yield* room.join({ userId: "p-ada" })
      yield* settle
      yield* ada.partition
      yield* network.disconnect()
      yield* network.reconnect
      yield* TestClock.adjust("4 seconds")
      yield* network.disconnect()
      yield* TestClock.adjust("10 seconds")
      yield* network.reconnect
      yield* TestClock.adjust("4 seconds")
      yield* ada.heal
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* people, ["p-ada"])
    })
  )

  live("[R5] another user cannot move or end a session by naming its id", ({ room, state }) =>
    Effect.gen(function* () {
      const ada = yield* room.join({ userId: "p-ada", locations: title })
      const spoof = { userId: UserId.make("p-eve"), sessionId: ada.sessionId }
      yield* room.publish({ _tag: "State", ...spoof, locations: [] })
      yield* room.publish({ _tag: "Disconnect", ...spoof })
      yield* settle
      assert.deepStrictEqual(
        PresenceState.toArray(yield* state).map((s) => [s.userId, s.locations[0]?.path]),
        [[ada.userId, ["title"]]]
      )
    })
  )

  live("[R7] frames that arrive together as one change", ({ presence, room }) =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      yield* SubscriptionRef.changes(presence.state).pipe(
        Stream.runForEach((s) => Effect.sync(() => seen.push(PresenceState.toArray(s).length))),
        Effect.forkScoped({ startImmediately: true })
      )
      yield* settle
      for (let index = 0; index < 32; index++) {
        yield* room.publish({
          _tag: "State",
          userId: UserId.make(`u${index}`),
          sessionId: SessionId.make("s"),
          locations: []
        })
      }
      yield* settle
      assert.deepStrictEqual(seen, [0, 32])
    })
  )

  live("[R8] a heartbeat: no snapshot changes, nobody is woken", ({ presence, room, state }) =>
    Effect.gen(function* () {
      let woken = 0
      const ada = yield* room.join({ userId: "p-ada", locations: title })
      // The first one that is active without moving tells that there is activity to tell of.
      yield* TestClock.adjust("20 seconds")
      yield* ada.move(title)
      yield* settle
      const before = yield* state
      yield* SubscriptionRef.changes(presence.state).pipe(
        Stream.runForEach(() => Effect.sync(() => (woken += 1))),
        Effect.forkScoped({ startImmediately: true })
      )
      yield* settle
      for (let index = 0; index < 10; index++) {
        yield* TestClock.adjust("20 seconds")
        yield* ada.move(title)
      }
      yield* settle
      assert.strictEqual(yield* state, before)
      assert.strictEqual(woken, 1, "only by the value at subscription")
    })
  )

  live("[R9] joins, moves and leaves, told apart and in order", ({ changes, room }) =>
    Effect.gen(function* () {
      const ada = yield* room.join({ userId: "p-ada" })
      yield* ada.move(title)
      yield* ada.move(title)
      yield* ada.move(body)
      yield* ada.leave
      yield* settle
      assert.deepStrictEqual(changes, [
        "p-ada Joined",
        "p-ada Moved title",
        "p-ada Moved body",
        "p-ada Left disconnected"
      ])
    })
  )
})

describe("ready", () => {
  live("[R4] waits for a second without a newcomer", ({ presence, room }) =>
    Effect.gen(function* () {
      const waiting = yield* Effect.forkChild(presence.ready)
      yield* TestClock.adjust("900 millis")
      yield* room.join({ userId: "p-ada" })
      yield* TestClock.adjust("900 millis")
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("200 millis")
      assert.isDefined(waiting.pollUnsafe())
    })
  )

  live("[R4] waits 3 s at most", ({ presence, room }) =>
    Effect.gen(function* () {
      const waiting = yield* Effect.forkChild(presence.ready)
      for (let index = 0; index < 5; index++) {
        yield* room.join({ userId: `p-${index}` })
        yield* TestClock.adjust("590 millis")
      }
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("100 millis")
      assert.isDefined(waiting.pollUnsafe())
    })
  )

  live(
    "[C7] fails where the connection cannot be made, and says what to do",
    ({ network, presence }) =>
      Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(Effect.flip(presence.ready))
        yield* network.refuse({ _tag: "Unauthorized", reason: "expired" })
        const error = yield* Fiber.join(waiting)
        assert.strictEqual(error.reason._tag, "Unauthorized")
        assert.include(error.message, "Sign in again")
      })
  )
})
