/** What a handle shows to readers that are no Effects, in a room in memory, and how it begins and ends. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  ConnectionFailed,
  Presence,
  PresenceConfig,
  PresenceError,
  type Profiles,
  type StateSource,
  Transport,
  UserId,
  Users
} from "../../src/index.ts"
import * as PresenceHandle from "../../src/PresenceHandle.ts"
import { TestNetwork, TestRoom, TestTransport } from "../../src/testing/index.ts"
import { settle } from "../support/FakeWebSocket.ts"
import { valueOf } from "../support/valueOf.ts"

/** What is told in the same moment is told by then too. */
const until = <A>(source: StateSource.StateSource<A>, fits: (value: A) => boolean) =>
  Effect.tap(valueOf(source, fits), () => settle)

interface Options {
  readonly linger?: Duration.Input
  /** What a closing connection waits for. */
  readonly goodbye?: Effect.Effect<void>
}

const setup = Effect.fnUntraced(function* ({ goodbye, linger = "1 hour" }: Options = {}) {
  const room = Context.get(yield* Layer.build(TestRoom.layer), TestRoom)
  const profiles = yield* SubscriptionRef.make<Profiles>(HashMap.empty())
  const self = yield* SubscriptionRef.make(Option.none<UserId>())
  const requested: Array<string> = []
  const networks: Array<TestNetwork["Service"]> = []
  const ended = yield* Queue.unbounded<void>()
  let open = 0

  const connection = Layer.effectContext(
    Effect.gen(function* () {
      open += 1
      yield* Effect.addFinalizer(() =>
        Effect.andThen(
          goodbye ?? Effect.void,
          Effect.suspend(() => {
            open -= 1
            return Queue.offer(ended, undefined)
          })
        )
      )
      const { network, transport } = yield* TestTransport.connect("p-self")
      networks.push(network)
      return Context.make(Transport, transport)
    })
  )
  const users = Layer.succeed(
    Users,
    Users.of({
      profiles,
      self,
      request: (ids) => Effect.sync(() => void requested.push(...ids)),
      followSelf: Effect.never
    })
  )
  const layer = Layer.merge(Layer.provide(Presence.layer, connection), users).pipe(
    Layer.provide(Layer.succeed(TestRoom, room)),
    Layer.provide(PresenceConfig.layer({ readyQuiet: 0, announceWindow: 0 }))
  )
  const handle = PresenceHandle.make(layer, Duration.fromInputUnsafe(linger))
  yield* Effect.addFinalizer(() => Effect.promise(handle.close))
  return {
    handle,
    room,
    requested,
    networks,
    opened: () => open,
    ended,
    announced: Effect.suspend(() => {
      const network = networks.at(-1)
      if (network === undefined) return Effect.succeed([])
      return Effect.map(network.sent, (sent) =>
        sent.flatMap((message) =>
          message._tag === "Announce"
            ? [message.locations.map(({ documentId, path }) => [documentId, ...path].join("/"))]
            : []
        )
      )
    }),
    name: (id: string, displayName: string) =>
      SubscriptionRef.update(
        profiles,
        HashMap.set(UserId.make(id), { id: UserId.make(id), displayName })
      ),
    signIn: (id: string) => SubscriptionRef.set(self, Option.some(UserId.make(id)))
  }
})

type Test = Effect.Success<ReturnType<typeof setup>>

const live = <A, E>(
  name: string,
  body: (test: Test) => Effect.Effect<A, E, Scope.Scope>,
  options: Options = {}
) => it.live(name, () => Effect.flatMap(setup(options), body))

const at = (documentId: string, ...path: ReadonlyArray<string>) => [{ documentId, path }]

/** Counts calls, and keeps the source followed. */
const follow = (source: StateSource.StateSource<unknown>) => {
  const count = { calls: 0 }
  source.subscribe(() => (count.calls += 1))
  return count
}

describe("the sources of a room", () => {
  live("[Q1] [Q3] who is in a document, at or below a path, with their names", (test) =>
    Effect.gen(function* () {
      const { handle, name, room } = test
      const all = handle.getDocumentPresence({ documentId: "book" })
      const inBody = handle.getDocumentPresence({ documentId: "book", path: ["body"] })
      const calls = [follow(all), follow(inBody)]
      const ada = yield* room.join({ userId: "p-ada", locations: at("book", "title") })
      const [seen] = yield* until(all, (people) => people.length === 1)
      assert.deepInclude(seen, {
        user: { id: ada.userId, displayName: "p-ada" },
        sessionId: ada.sessionId,
        documentId: "drafts.book",
        path: ["title"],
        stale: false,
        activity: "unknown"
      })
      assert.deepStrictEqual(inBody.getCurrent(), [])
      yield* name("p-ada", "Ada")
      const [named] = yield* until(all, ([person]) => person?.user.displayName === "Ada")
      assert.deepStrictEqual({ ...named, user: seen?.user }, seen)
      yield* ada.move(at("book", "body", "0"))
      yield* until(inBody, (people) => people.length === 1)
      yield* ada.leave
      yield* until(all, (people) => people.length === 0)
      assert.deepStrictEqual(
        calls.map(({ calls }) => calls),
        [4, 2]
      )
    })
  )

  live(
    "[Q1] what is of no concern leaves every answer identical, and calls nobody",
    ({ handle, name, room }) =>
      Effect.gen(function* () {
        const book = handle.getDocumentPresence({ documentId: "book" })
        const ada = handle.getUserPresence("p-ada")
        const users = handle.getUsers()
        const everyone = handle.getPresenceLocations()
        const counts = [book, ada].map(follow)
        yield* room.join({ userId: "p-ada", locations: at("book") })
        yield* until(everyone, (people) => people.length === 1)
        const bob = yield* room.join({ userId: "p-bob", locations: at("film") })
        yield* until(everyone, (people) => people.length === 2)
        yield* name("p-ada", "Ada")
        yield* until(users, ([first]) => first?.user.displayName === "Ada")
        const before = [book, ada].map((source) => source.getCurrent())
        const wide = [users, everyone].map((source) => source.getCurrent())
        const calls = counts.map(({ calls }) => calls)
        const wideCounts = [users, everyone].map(follow)

        // A profile of somebody who is not there, and a name that is known already.
        yield* name("p-stranger", "Stranger")
        yield* name("p-ada", "Ada")
        yield* settle
        assert.deepStrictEqual(
          [users, everyone].map((source, index) => source.getCurrent() === wide[index]),
          [true, true]
        )
        assert.deepStrictEqual(
          wideCounts.map(({ calls }) => calls),
          [0, 0]
        )
        yield* name("p-bob", "Bob")
        yield* until(users, (all) => all[1]?.user.displayName === "Bob")
        yield* bob.move(at("film", "title"))
        yield* until(everyone, (people) => people[1]?.locations[0]?.path.length === 1)
        assert.deepStrictEqual(
          [book, ada].map((source, index) => source.getCurrent() === before[index]),
          [true, true]
        )
        assert.deepStrictEqual(
          counts.map(({ calls }) => calls),
          calls
        )
      })
  )

  live("[Q1] a name that is learned elsewhere calls nobody who has read who is here", (test) =>
    Effect.gen(function* () {
      const { handle, name, room } = test
      const book = handle.getDocumentPresence({ documentId: "book" })
      const told: Array<number> = []
      book.subscribe(() => told.push(book.getCurrent().length))
      const ada = yield* room.join({ userId: "p-ada", locations: at("book") })
      yield* ada.move(at("book", "title"))
      yield* until(book, ([person]) => person?.path.length === 1)
      const before = told.length
      yield* name("p-stranger", "Stranger")
      yield* settle
      assert.lengthOf(told, before)
      yield* ada.leave
      yield* until(book, (people) => people.length === 0)
      assert.strictEqual(told.at(-1), 0)
    })
  )

  live(
    "[Q5] two tabs of one person are two sessions, and one user with both",
    ({ handle, name, room }) =>
      Effect.gen(function* () {
        const users = handle.getUsers()
        const ofAda = handle.getUserPresence("p-ada")
        follow(users)
        const first = yield* room.join({ userId: "p-ada", sessionId: "tab 1" })
        yield* room.join({ userId: "p-bob", sessionId: "bob" })
        yield* room.join({ userId: "p-ada", sessionId: "tab 2", locations: at("book") })
        yield* until(users, (all) => all.flatMap(({ sessions }) => sessions).length === 3)
        const tabs = () =>
          users
            .getCurrent()
            .map(({ sessions, user }) => [
              user.displayName,
              ...sessions.map(({ sessionId }) => sessionId)
            ])
        assert.deepStrictEqual(tabs(), [
          ["p-ada", "tab 1", "tab 2"],
          ["p-bob", "bob"]
        ])
        const [ada, bob] = users.getCurrent()
        yield* name("p-ada", "Ada")
        yield* until(users, ([one]) => one?.user.displayName === "Ada")
        assert.notStrictEqual(users.getCurrent()[0], ada)
        assert.strictEqual(users.getCurrent()[1], bob)
        assert.deepStrictEqual(
          ofAda.getCurrent().map(({ sessionId, user }) => [user.displayName, sessionId]),
          [
            ["Ada", "tab 1"],
            ["Ada", "tab 2"]
          ]
        )
        yield* first.leave
        yield* until(ofAda, (sessions) => sessions.length === 1)
        assert.deepStrictEqual(tabs(), [
          ["p-bob", "bob"],
          ["Ada", "tab 2"]
        ])
        assert.deepStrictEqual(handle.getUserPresence("p-nobody").getCurrent(), [])
      })
  )

  live("[Q5] this session stands apart, with its user once that is known", (test) =>
    Effect.gen(function* () {
      const { handle, name, signIn } = test
      const self = handle.getSelf()
      const nobody = { sessionId: undefined, locations: undefined, user: undefined }
      assert.deepStrictEqual(self.getCurrent(), nobody)
      const { calls } = follow(self)
      assert.strictEqual(calls, 0)
      const started = yield* until(self, ({ sessionId }) => sessionId !== undefined)
      assert.isUndefined(started.locations)
      assert.isUndefined(started.user)
      handle.reportPresence(at("book", "title"))
      const reported = yield* until(self, ({ locations }) => locations !== undefined)
      assert.strictEqual(reported.locations?.[0]?.documentId, "drafts.book")
      yield* signIn("p-self")
      const known = yield* until(self, ({ user }) => user !== undefined)
      assert.deepStrictEqual(known.user, { id: UserId.make("p-self"), displayName: "p-self" })
      assert.strictEqual(known.locations, reported.locations)
      yield* name("p-self", "Me")
      yield* until(self, ({ user }) => user?.displayName === "Me")
      const before = self.getCurrent()
      yield* name("p-ada", "Ada")
      yield* name("p-self", "Me")
      yield* settle
      assert.strictEqual(self.getCurrent(), before)
      assert.deepStrictEqual(handle.getPresenceLocations().getCurrent(), [])
      yield* Effect.promise(handle.close)
      assert.deepStrictEqual(self.getCurrent(), nobody)
    })
  )

  live("[U1] the names of those who are there, or come, are asked for", (test) =>
    Effect.gen(function* () {
      const { handle, requested, room } = test
      yield* room.join({ userId: "p-ada" })
      const everyone = handle.getPresenceLocations()
      follow(everyone)
      yield* until(everyone, (people) => people.length === 1)
      yield* room.join({ userId: "p-bob" })
      yield* until(everyone, (people) => people.length === 2)
      assert.sameMembers([...new Set(requested)], ["p-ada", "p-bob"])
    })
  )

  live("[P1] the initial value is the identical one, whatever happens", ({ handle, room }) =>
    Effect.gen(function* () {
      const sources: ReadonlyArray<StateSource.StateSource<unknown>> = [
        handle.getPresenceLocations(),
        handle.getUsers(),
        handle.getSelf(),
        handle.getStatus(),
        handle.getUserPresence("p-ada"),
        handle.getDocumentPresence({ documentId: "book" })
      ]
      const initial = sources.map((source) => source.getInitial())
      sources.map(follow)
      yield* room.join({ userId: "p-ada", locations: at("book") })
      yield* until(handle.getPresenceLocations(), (people) => people.length === 1)
      for (const [index, source] of sources.entries()) {
        assert.strictEqual(source.getInitial(), initial[index])
        assert.notStrictEqual(source.getCurrent(), initial[index])
      }
    })
  )
})

describe("the reporters of a handle", () => {
  live("[A7] are seen as one session, each place once, and take back what they reported", (test) =>
    Effect.gen(function* () {
      const { announced, handle } = test
      const self = handle.getSelf()
      const places = () =>
        self.getCurrent().locations?.map(({ documentId, path }) => [documentId, ...path].join("/"))
      const untilAt = (expected: ReadonlyArray<string>) =>
        until(self, () => JSON.stringify(places()) === JSON.stringify(expected))
      const one = handle.makeReporter()
      const two = handle.makeReporter()
      yield* until(self, ({ sessionId }) => sessionId !== undefined)
      one.report(at("book", "title"))
      two.report([...at("book", "title"), ...at("film")])
      handle.reportPresence(at("book", "body"))
      yield* untilAt(["drafts.book/title", "drafts.film", "drafts.book/body"])
      two.release()
      yield* untilAt(["drafts.book/title", "drafts.book/body"])
      two.report(at("film"))
      one.report(at("film"))
      yield* untilAt(["drafts.film", "drafts.book/body"])
      one.release()
      one.release()
      handle.reportPresence([])
      yield* untilAt([])
      assert.isAbove((yield* announced).length, 0)
    })
  )

  live("[A1] cost nothing before they report, and stay silent when they are released", (test) =>
    Effect.gen(function* () {
      const { announced, handle } = test
      const self = handle.getSelf()
      const silent = handle.makeReporter()
      yield* until(self, ({ sessionId }) => sessionId !== undefined)
      yield* Effect.promise(handle.ready)
      silent.release()
      yield* settle
      assert.isUndefined(self.getCurrent().locations)
      assert.deepStrictEqual(yield* announced, [])
    })
  )

  live("[A7] what was reported while nothing ran is announced once it runs", (test) =>
    Effect.gen(function* () {
      const { announced, handle, opened } = test
      const one = handle.makeReporter()
      const gone = handle.makeReporter()
      one.report(at("book", "title"))
      gone.report(at("film"))
      gone.release()
      yield* settle
      assert.strictEqual(opened(), 0)
      const self = yield* until(handle.getSelf(), ({ locations }) => locations !== undefined)
      assert.lengthOf(self.locations ?? [], 1)
      yield* Effect.promise(handle.ready)
      assert.deepStrictEqual(yield* announced, [["drafts.book/title"]])
    })
  )
})

describe("a handle", () => {
  live("is ready before anybody holds it, and runs for as long as it lingers", (test) =>
    Effect.gen(function* () {
      const { handle, opened } = test
      assert.strictEqual(opened(), 0)
      yield* Effect.promise(handle.ready)
      assert.strictEqual(opened(), 1)
      assert.strictEqual(handle.getStatus().getCurrent()._tag, "Connected")
      yield* Effect.promise(handle.ready)
      assert.lengthOf(test.networks, 1)
    })
  )

  live(
    "ends a moment after the last holder let go, and begins anew with the next",
    (test) =>
      Effect.gen(function* () {
        const { ended, handle, networks, room } = test
        yield* room.join({ userId: "p-ada" })
        const everyone = handle.getPresenceLocations()
        const release = handle.hold()
        yield* until(everyone, (people) => people.length === 1)
        const first = handle.getSelf().getCurrent().sessionId
        assert.isDefined(first)
        release()
        yield* Queue.take(ended)
        assert.deepStrictEqual(everyone.getCurrent(), [])
        assert.strictEqual(handle.getStatus().getCurrent()._tag, "Connecting")
        yield* until(everyone, (people) => people.length === 1)
        assert.lengthOf(networks, 2)
        assert.notStrictEqual(handle.getSelf().getCurrent().sessionId, first)
      }),
    { linger: 0 }
  )

  live("[P2] one who lets go twice lets go once", ({ handle, opened }) =>
    Effect.gen(function* () {
      const first = handle.hold()
      const second = handle.hold()
      yield* Effect.promise(handle.ready)
      first()
      first()
      yield* settle
      assert.strictEqual(opened(), 1)
      second()
    })
  )

  it.live("[C9] closed twice, it waits for the end both times", () =>
    Effect.gen(function* () {
      const end = yield* Deferred.make<void>()
      const { handle, opened } = yield* setup({ goodbye: Deferred.await(end) })
      yield* Effect.promise(handle.ready)
      let closed = 0
      const closings = [handle.close(), handle.close()].map((closing) =>
        closing.then(() => (closed += 1))
      )
      assert.strictEqual(handle.getStatus().getCurrent()._tag, "Closed")
      yield* settle
      assert.strictEqual(closed, 0)
      assert.strictEqual(opened(), 1)
      yield* Deferred.succeed(end, undefined)
      yield* Effect.promise(() => Promise.all(closings))
      assert.strictEqual(opened(), 0)
      yield* Effect.promise(handle.close)
    }).pipe(Effect.scoped)
  )

  it.live("[C9] closed while it ends already, it waits for that end", () =>
    Effect.gen(function* () {
      const end = yield* Deferred.make<void>()
      const ending = yield* Deferred.make<void>()
      const goodbye = Effect.andThen(Deferred.succeed(ending, undefined), Deferred.await(end))
      const { handle, opened } = yield* setup({ goodbye, linger: 0 })
      yield* Effect.promise(handle.ready)
      yield* Deferred.await(ending)
      yield* settle
      let closed = false
      const closing = handle.close().then(() => (closed = true))
      yield* settle
      assert.isFalse(closed)
      yield* Deferred.succeed(end, undefined)
      yield* Effect.promise(() => closing)
      assert.strictEqual(opened(), 0)
    }).pipe(Effect.scoped)
  )

  live("closed, it shows nothing, starts nothing, and throws nothing", (test) =>
    Effect.gen(function* () {
      const { handle, opened, room } = test
      const everyone = handle.getPresenceLocations()
      const { calls } = follow(everyone)
      assert.strictEqual(calls, 0)
      yield* room.join({ userId: "p-ada" })
      yield* until(everyone, (people) => people.length === 1)
      yield* Effect.promise(handle.close)
      assert.deepStrictEqual(everyone.getCurrent(), [])
      handle.hold()()
      follow(handle.getUsers())
      handle.reportPresence(at("book"))
      handle.makeReporter().report(at("book"))
      handle.retryNow()
      yield* settle
      assert.strictEqual(opened(), 0)
      const error = yield* Effect.flip(Effect.tryPromise({ try: handle.ready, catch: (e) => e }))
      assert.instanceOf(error, PresenceError)
      assert.strictEqual(error.reason._tag, "ConnectionFailed")
    })
  )

  it.live("a layer may fail with anything: ready rejects with a typed error", () =>
    Effect.gen(function* () {
      const failures: ReadonlyArray<
        readonly [Effect.Effect<Presence["Service"], unknown>, string]
      > = [
        [Effect.fail("no such thing"), "no such thing"],
        [Effect.fail(new Error("no such thing")), "no such thing"],
        [Effect.die(new Error("a defect")), "a defect"],
        [
          Effect.fail(
            new PresenceError({ reason: new ConnectionFailed({ detail: "no such room" }) })
          ),
          "no such room"
        ]
      ]
      for (const [failure, reason] of failures) {
        const handle = PresenceHandle.make(Layer.effect(Presence, failure), Duration.zero)
        const error = yield* Effect.flip(Effect.tryPromise({ try: handle.ready, catch: (e) => e }))
        assert.instanceOf(error, PresenceError)
        assert.include(error.message, reason)
        yield* Effect.promise(handle.close)
      }
    })
  )

  it.live("shows ids where its layer has no profiles", () =>
    Effect.gen(function* () {
      const room = Context.get(yield* Layer.build(TestRoom.layer), TestRoom)
      const layer = Presence.layer.pipe(
        Layer.provide(
          Layer.effectContext(
            Effect.map(TestTransport.connect("p-self"), ({ transport }) =>
              Context.make(Transport, transport)
            )
          )
        ),
        Layer.provide(Layer.succeed(TestRoom, room))
      )
      const handle = PresenceHandle.make(layer, Duration.zero)
      yield* room.join({ userId: "p-ada", locations: at("book") })
      const people = yield* until(
        handle.getDocumentPresence({ documentId: "book" }),
        (all) => all.length === 1
      )
      assert.strictEqual(people[0]?.user.displayName, "p-ada")
      assert.isUndefined(handle.getSelf().getCurrent().user)
      yield* Effect.promise(handle.close)
    })
  )

  live("[Q1] the answers of a document follow what streams of it say", ({ handle, room }) =>
    Effect.gen(function* () {
      const source = handle.getDocumentPresence({ documentId: "book" })
      const seen: Array<number> = []
      source.subscribe(() => seen.push(source.getCurrent().length))
      yield* Stream.range(1, 5).pipe(
        Stream.runForEach((n) =>
          Effect.andThen(
            room.join({ userId: `p-${n}`, locations: at("book") }),
            until(source, (people) => people.length === n)
          )
        )
      )
      assert.deepStrictEqual(seen, [1, 2, 3, 4, 5])
    })
  )
})
