/** What the App SDK's own tests ask of a session in a room, where no other test of ours asks it. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import {
  PageEvents,
  Presence,
  PresenceConfig,
  type Profiles,
  type ReportedLocation,
  SessionId,
  Transport,
  UserId,
  Users
} from "../../src/index.ts"
import * as PresenceHandle from "../../src/PresenceHandle.ts"
import { TestNetwork, TestRoom, TestTransport } from "../../src/testing/index.ts"
import * as FakeBifur from "../support/FakeBifur.ts"
import { settle } from "../support/FakeWebSocket.ts"

const setup = Effect.gen(function* () {
  const presence = yield* Presence
  const room = yield* TestRoom
  const network = yield* TestNetwork
  yield* settle
  return {
    presence,
    room,
    network,
    announced: Effect.map(network.sent, (sent) =>
      sent.flatMap((message) => (message._tag === "Announce" ? [message.locations] : []))
    )
  }
})

const live = <A, E>(
  name: string,
  body: (test: Effect.Success<typeof setup>) => Effect.Effect<A, E, Scope.Scope>
) =>
  it.effect(name, () =>
    Effect.flatMap(setup, body).pipe(
      Effect.provide(Presence.layer.pipe(Layer.provideMerge(TestTransport.layer())))
    )
  )

const point = (offset: number) => ({ path: [{ _key: "b" }, "children", { _key: "s" }], offset })
const selection = { anchor: point(3), focus: point(7), backward: false }
const rollCall = {
  _tag: "RollCall",
  userId: UserId.make("p-bob"),
  sessionId: SessionId.make("b")
} as const

describe("what is announced", () => {
  live("of a document alone has an empty path, a time and nothing else", (test) =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      yield* test.presence.report([{ documentId: "book" }])
      yield* settle
      const lastActiveAt = "1970-01-01T00:01:00.000Z"
      assert.deepStrictEqual(yield* test.announced, [
        [{ type: "document", documentId: "drafts.book", path: [], lastActiveAt }]
      ])
    })
  )

  live("has the selection that was reported, and no such field where there was none", (test) =>
    Effect.gen(function* () {
      const path = ["body", { _key: "b" }, "children", { _key: "s" }, "text"]
      yield* test.presence.report([
        { documentId: "book", path, selection },
        { documentId: "book", path: ["title"] }
      ])
      yield* settle
      const [[caret, title] = []] = yield* test.announced
      assert.deepStrictEqual(caret?.path, path)
      assert.deepStrictEqual(caret?.selection, selection)
      assert.isDefined(title)
      assert.notProperty(title, "selection")
    })
  )

  live("[A4] goes on after announces that had no answer, on every occasion", (test) =>
    Effect.gen(function* () {
      const { announced, network, presence, room } = test
      const count = Effect.map(announced, (all) => all.length)
      yield* presence.report([{ documentId: "book" }])
      yield* TestClock.adjust("1 second")
      yield* network.partition
      yield* TestClock.adjust("45 seconds")
      const lost = yield* count
      assert.strictEqual(lost, 2, "the heartbeat that nobody answered")
      yield* network.heal
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* count, lost + 1, "the next heartbeat")
      yield* room.publish(rollCall)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* count, lost + 2, "the answer to a roll call")
      yield* network.disconnect()
      yield* network.reconnect
      yield* settle
      assert.strictEqual(yield* count, lost + 3, "the next connection")
    })
  )

  live("[R2] goes on whatever arrives, on every occasion", (test) =>
    Effect.gen(function* () {
      const { announced, network, presence, room } = test
      const count = Effect.map(announced, (all) => all.length)
      const nonsense = Effect.forEach(
        [
          "{",
          `{"jsonrpc":"2.0","method":"presence_subscription","params":{"result":{"type":"?"}}}`
        ],
        room.deliver
      )
      yield* presence.report([{ documentId: "book" }])
      yield* TestClock.adjust("1 second")
      yield* nonsense
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* count, 2)
      yield* nonsense
      yield* room.publish(rollCall)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* count, 3)
      yield* nonsense
      yield* network.disconnect()
      yield* network.reconnect
      yield* settle
      assert.strictEqual(yield* count, 4)
    })
  )
})

describe("a page that goes again and again", () => {
  it.effect("[C9] says goodbye each time, also where the one before had no answer", () =>
    Effect.gen(function* () {
      const test = yield* FakeBifur.setup()
      for (let visit = 1; visit <= 3; visit++) {
        const socket = yield* FakeBifur.connect(test)
        yield* Effect.forkScoped(test.transport.send(FakeBifur.announce))
        yield* settle
        test.page.fire("hide")
        assert.strictEqual(socket.methods.at(-1), "presence_disconnect")
        yield* settle
        yield* test.firePage("show")
        assert.lengthOf(test.sockets.all, visit + 1)
      }
    })
  )

  it("where there is no page, nothing happens to one", () => {
    assert.strictEqual(typeof window, "undefined")
    const page = Context.get(Context.empty(), PageEvents.PageEvents)
    assert.strictEqual(page, PageEvents.none)
    assert.isTrue(page.isOnline() && page.isVisible())
    page.subscribe(() => assert.fail("something happened"))()
  })
})

describe("a handle", () => {
  const handleOf = Effect.gen(function* () {
    const room = Context.get(yield* Layer.build(TestRoom.layer), TestRoom)
    const profiles = yield* SubscriptionRef.make<Profiles>(HashMap.empty())
    const self = yield* SubscriptionRef.make(Option.none<UserId>())
    const requested = yield* Queue.unbounded<string>()
    const networks: Array<TestNetwork["Service"]> = []
    const connection = Layer.effectContext(
      Effect.map(TestTransport.connect("p-self"), ({ network, transport }) => {
        networks.push(network)
        return Context.make(Transport, transport)
      })
    )
    const users = Layer.succeed(
      Users,
      Users.of({
        profiles,
        self,
        request: (ids) =>
          Effect.andThen(
            SubscriptionRef.update(profiles, (known) => {
              let next = known
              for (const id of ids)
                next = HashMap.set(next, id, { id, displayName: `Name of ${id}` })
              return next
            }),
            Queue.offerAll(requested, ids)
          ),
        followSelf: Effect.never
      })
    )
    const layer = Layer.merge(Layer.provide(Presence.layer, connection), users).pipe(
      Layer.provide(Layer.succeed(TestRoom, room)),
      Layer.provide(PresenceConfig.layer({ readyQuiet: 0, announceWindow: 0 }))
    )
    const handle = PresenceHandle.make(layer, Duration.zero)
    yield* Effect.addFinalizer(() => Effect.promise(handle.close))
    const announced = Effect.suspend(() =>
      Effect.map(networks.at(-1)?.sent ?? Effect.succeed([]), (sent) =>
        sent.flatMap((message) =>
          message._tag === "Announce" ? [message.locations.map(({ documentId }) => documentId)] : []
        )
      )
    )
    return { handle, room, requested, networks, announced }
  })

  const inDocument: ReadonlyArray<ReportedLocation> = [
    { documentId: "book", path: ["body"], selection },
    { documentId: "book", path: ["title"] }
  ]

  it.live("[U1] shows names in a document though nobody reads anything else", () =>
    Effect.gen(function* () {
      const { handle, requested, room } = yield* handleOf
      const source = handle.getDocumentPresence({ documentId: "book" })
      source.subscribe(() => {})
      yield* Effect.promise(handle.ready)
      yield* room.join({ userId: "p-ada", locations: inDocument })
      assert.strictEqual(yield* Queue.take(requested), "p-ada")
      yield* settle
      assert.deepStrictEqual(
        source.getCurrent().map(({ user }) => user.displayName),
        ["Name of p-ada", "Name of p-ada"]
      )
    })
  )

  it.live("shows selections in a document, and no such field where there is none", () =>
    Effect.gen(function* () {
      const { handle, requested, room } = yield* handleOf
      const source = handle.getDocumentPresence({ documentId: "book" })
      source.subscribe(() => {})
      yield* Effect.promise(handle.ready)
      yield* room.join({ userId: "p-ada", locations: inDocument })
      yield* Queue.take(requested)
      const [caret, title] = source.getCurrent()
      assert.deepStrictEqual(caret?.selection, selection)
      assert.isDefined(title)
      assert.notProperty(title, "selection")
    })
  )

  it.live("[A7] that ended and begins anew announces what it was last told", () =>
    Effect.gen(function* () {
      const { announced, handle, networks } = yield* handleOf
      const release = handle.getUsers().subscribe(() => {})
      yield* Effect.promise(handle.ready)
      handle.reportPresence([{ documentId: "book" }])
      yield* settle
      assert.deepStrictEqual(yield* announced, [["drafts.book"]])
      release()
      yield* Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, 0)))
      yield* settle
      assert.strictEqual(handle.getStatus().getCurrent()._tag, "Connecting")

      handle.getUsers().subscribe(() => {})
      yield* Effect.promise(handle.ready)
      yield* settle
      assert.lengthOf(networks, 2)
      assert.deepStrictEqual(yield* announced, [["drafts.book"]])
    })
  )
})
