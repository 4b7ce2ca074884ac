import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as DocumentWatchers from "../../src/DocumentWatchers.ts"
import { forDocument, Presence, type PresenceQuery } from "../../src/index.ts"
import { TestNetwork, TestRoom, TestTransport } from "../../src/testing/index.ts"
import { settle } from "../support/FakeWebSocket.ts"

describe("DocumentWatchers", () => {
  it("[Q1] calls those of the documents that are named, and no others", () => {
    const watchers = DocumentWatchers.make()
    const calls: Array<string> = []
    const unwatch = watchers.watch("a", () => calls.push("a1"))
    watchers.watch("a", () => calls.push("a2"))
    watchers.watch("b", () => calls.push("b"))
    watchers.notify(new Set(["a", "c"]))
    assert.deepStrictEqual(calls, ["a1", "a2"])
    unwatch()
    unwatch()
    watchers.notify(new Set(["b", "a"]))
    assert.deepStrictEqual(calls, ["a1", "a2", "b", "a2"])
    watchers.notify(new Set())
    assert.lengthOf(calls, 4)
  })

  it("[Q1] one function may watch twice, and each watch ends for itself", () => {
    const watchers = DocumentWatchers.make()
    let calls = 0
    const listener = () => (calls += 1)
    const ends = [watchers.watch("a", listener), watchers.watch("a", listener)]
    watchers.notify(new Set(["a"]))
    assert.strictEqual(calls, 2)
    for (const end of ends) {
      end()
      watchers.notify(new Set(["a"]))
    }
    assert.strictEqual(calls, 3)
  })

  it("[Q1] a listener may end and begin watches while it is called", () => {
    const watchers = DocumentWatchers.make()
    const calls: Array<string> = []
    const first = watchers.watch("a", () => {
      calls.push("first")
      first()
      watchers.watch("a", () => calls.push("later"))
    })
    watchers.watch("a", () => calls.push("always"))
    watchers.notify(new Set(["a"]))
    assert.deepStrictEqual(calls, ["first", "always"])
    watchers.notify(new Set(["a"]))
    assert.deepStrictEqual(calls, ["first", "always", "always", "later"])
  })

  it("[Q1] a document that was watched before can be watched again", () => {
    const watchers = DocumentWatchers.make()
    let calls = 0
    const end = watchers.watch("a", () => (calls += 1))
    end()
    watchers.watch("a", () => (calls += 10))
    end()
    watchers.notify(new Set(["a"]))
    assert.strictEqual(calls, 10)
  })
})

const setup = Effect.gen(function* () {
  const presence = yield* Presence
  const room = yield* TestRoom
  const network = yield* TestNetwork
  yield* settle
  /** How many watches stand, through a presence that counts them. */
  let watches = 0
  const counted = Presence.of({
    ...presence,
    watch: (id, listener) => {
      watches += 1
      const end = presence.watch(id, listener)
      return () => {
        watches -= 1
        end()
      }
    }
  })
  const follow = Effect.fnUntraced(function* (query: PresenceQuery.DocumentQuery) {
    const seen: Array<ReadonlyArray<PresenceQuery.DocumentLocation>> = []
    const fiber = yield* forDocument(counted, query).pipe(
      Stream.runForEach((people) => Effect.sync(() => seen.push(people))),
      Effect.forkScoped({ startImmediately: true })
    )
    yield* settle
    const told = () => seen.map((people) => people.map(({ path, userId }) => [userId, ...path]))
    return { fiber, seen, told }
  })
  return { presence, room, network, follow, watches: () => watches }
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

const at = (documentId: string, ...path: ReadonlyArray<string>) => [{ documentId, path }]

describe("forDocument", () => {
  live("[Q1] tells the answer as it is, and every other one from then on", ({ follow, room }) =>
    Effect.gen(function* () {
      const ada = yield* room.join({ userId: "p-ada", locations: at("book", "title") })
      yield* settle
      const { told } = yield* follow({ documentId: "book" })
      assert.deepStrictEqual(told(), [[["p-ada", "title"]]])
      yield* ada.move(at("book", "body"))
      yield* settle
      const bob = yield* room.join({ userId: "p-bob", locations: at("book") })
      yield* settle
      yield* bob.leave
      yield* settle
      yield* ada.move([])
      yield* settle
      assert.deepStrictEqual(told(), [
        [["p-ada", "title"]],
        [["p-ada", "body"]],
        [["p-ada", "body"], ["p-bob"]],
        [["p-ada", "body"]],
        []
      ])
    })
  )

  live("[Q1] tells that nobody is there, once", ({ follow, room }) =>
    Effect.gen(function* () {
      const { told } = yield* follow({ documentId: "book", path: ["title"] })
      assert.deepStrictEqual(told(), [[]])
      const ada = yield* room.join({ userId: "p-ada", locations: at("book", "body") })
      yield* settle
      yield* ada.leave
      yield* settle
      assert.deepStrictEqual(told(), [[]])
    })
  )

  live("[Q1] [R8] what happens elsewhere, and heartbeats, wake nobody", (test) =>
    Effect.gen(function* () {
      const { follow, presence, room } = test
      const ada = yield* room.join({ userId: "p-ada", locations: at("book", "title") })
      yield* TestClock.adjust("10 seconds")
      yield* ada.move(at("book", "title"))
      yield* settle
      let woken = 0
      presence.watch("book", () => (woken += 1))
      const { seen } = yield* follow({ documentId: "book" })
      const bob = yield* room.join({ userId: "p-bob", locations: at("film", "title") })
      for (let index = 0; index < 20; index++) {
        yield* bob.move(at("film", `field-${index}`))
        yield* ada.move(at("book", "title"))
        yield* TestClock.adjust("1 second")
      }
      yield* bob.leave
      yield* settle
      assert.lengthOf(seen, 1)
      assert.strictEqual(woken, 0)
    })
  )

  live("[Q1] who moves from one document to another is told to both", ({ follow, room }) =>
    Effect.gen(function* () {
      const ada = yield* room.join({ userId: "p-ada", locations: at("book") })
      yield* settle
      const book = yield* follow({ documentId: "book" })
      const film = yield* follow({ documentId: "film" })
      yield* ada.move(at("drafts.film"))
      yield* settle
      assert.deepStrictEqual(book.told(), [[["p-ada"]], []])
      assert.deepStrictEqual(film.told(), [[], [["p-ada"]]])
    })
  )

  live("[Q2] follows exactly the document that the perspective means", ({ follow, room }) =>
    Effect.gen(function* () {
      const draft = yield* follow({ documentId: "book", excludeVersions: true })
      const summer = yield* follow({
        documentId: "book",
        perspective: ["r1", "drafts"],
        excludeVersions: true
      })
      yield* room.join({ userId: "p-ada", locations: at("book", "title") })
      yield* settle
      yield* room.join({
        userId: "p-bob",
        locations: [{ documentId: "book", perspective: { releaseName: "r1" }, path: ["body"] }]
      })
      yield* settle
      assert.deepStrictEqual(draft.told(), [[], [["p-ada", "title"]]])
      assert.deepStrictEqual(summer.told(), [[], [["p-bob", "body"]]])
    })
  )

  live("[Q1] a loss shows them stale, and their answers as before", (test) =>
    Effect.gen(function* () {
      const { follow, network, room } = test
      yield* room.join({ userId: "p-ada", locations: at("book") })
      yield* settle
      const { seen } = yield* follow({ documentId: "book" })
      yield* network.disconnect()
      yield* settle
      yield* network.reconnect
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        seen.map((people) => people.map(({ stale }) => stale)),
        [[false], [true], [false]]
      )
    })
  )

  live("[Q1] whoever is slow gets the newest answer, and none of those between", (test) =>
    Effect.gen(function* () {
      const { presence, room } = test
      const ada = yield* room.join({ userId: "p-ada", locations: at("book", "0") })
      yield* settle
      const seen: Array<unknown> = []
      yield* forDocument(presence, { documentId: "book" }).pipe(
        Stream.runForEach((people) =>
          Effect.andThen(
            Effect.sync(() => seen.push(people[0]?.path[0])),
            Effect.sleep("1 second")
          )
        ),
        Effect.forkScoped({ startImmediately: true })
      )
      yield* settle
      for (let index = 1; index <= 50; index++) {
        yield* ada.move(at("book", `${index}`))
        yield* settle
      }
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(seen[0], "0")
      assert.strictEqual(seen.at(-1), "50")
      assert.isAtMost(seen.length, 4)
    })
  )

  live("[P1] watches while it is followed, and no longer", ({ follow, watches }) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { fiber } = yield* Scope.provide(follow({ documentId: "book" }), scope)
      assert.strictEqual(watches(), 1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(watches(), 0)
      assert.isDefined(fiber.pollUnsafe())
    })
  )

  live("[P1] ends its watch when it is interrupted, or has enough", (test) =>
    Effect.gen(function* () {
      const { follow, room, watches } = test
      const { fiber } = yield* follow({ documentId: "book" })
      assert.strictEqual(watches(), 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(watches(), 0)
      yield* room.join({ userId: "p-ada", locations: at("book") })
      yield* settle
      const head = yield* Stream.runHead(forDocument(test.presence, { documentId: "book" }))
      assert.strictEqual(head._tag, "Some")
    })
  )

  live("a stream that is run twice answers both times", ({ presence, room }) =>
    Effect.gen(function* () {
      yield* room.join({ userId: "p-ada", locations: at("book") })
      yield* settle
      const people = forDocument(presence, { documentId: "book" })
      const once = yield* Stream.runCollect(Stream.take(people, 1))
      const twice = yield* Stream.runCollect(Stream.take(people, 1))
      assert.lengthOf(once[0] ?? [], 1)
      assert.strictEqual(once[0], twice[0])
    })
  )
})
