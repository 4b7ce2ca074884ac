/**
 * What every Backplane promises, run against each of its layers. The suite knows none of them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import {
  Backplane,
  type BackplaneError,
  type BackplaneStatus,
  MemoryBus
} from "../../src/relay/Backplane.ts"
import { NatsBackplane } from "../../src/relay/nats/NatsBackplane.ts"
import { subjectOf, type Topic } from "../../src/relay/Topic.ts"
import { droppedBy } from "../support/droppedBy.ts"
import * as FaultProxy from "../support/FaultProxy.ts"
import * as natsServer from "../support/natsServer.ts"

type Service = Backplane["Service"]

/** A node, and a way to cut it off from the others and let it back. */
interface Node {
  readonly backplane: Service
  readonly cut: Effect.Effect<void>
  readonly heal: Effect.Effect<void>
}

/** Takes one more node in. */
type Join = (name: string) => Effect.Effect<Node, BackplaneError, Scope.Scope>

const build = (layer: Layer.Layer<Backplane, BackplaneError>) =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, Backplane))

const memory: Effect.Effect<Join> = Effect.map(
  MemoryBus.make(),
  (bus): Join =>
    (name) =>
      Effect.map(build(Backplane.layerMemory(bus, name)), (backplane) => ({
        backplane,
        cut: bus.cut(name),
        heal: bus.heal(name)
      }))
)

const nats: Effect.Effect<Join, never, Scope.Scope> = Effect.map(
  natsServer.make(),
  (server): Join =>
    Effect.fnUntraced(function* (name) {
      const proxy = yield* FaultProxy.make(server.url)
      const backplane = yield* build(
        NatsBackplane.layer({
          servers: proxy.url.replace("http:", "nats:"),
          name,
          reconnectWait: 20,
          reconnectJitter: 20
        })
      )
      return {
        backplane,
        cut: Effect.andThen(proxy.refuse(true), proxy.cut),
        heal: proxy.refuse(false)
      }
    })
)

const room = (project: string, dataset: string): Topic => ({
  _tag: "Room",
  room: { _tag: "Dataset", project, dataset }
})
const production = room("demo", "production")
/** For the suite's own use. */
const marker: Topic = { _tag: "Node", node: "the suite itself" }

const patiently = <A, E, R>(effect: Effect.Effect<A, E, R>, what: string) =>
  Effect.timeoutOrElse(effect, { duration: "10 seconds", orElse: () => Effect.die(`no ${what}`) })

/** Listens; `next` waits for the next message. */
const listen = Effect.fnUntraced(function* ({ subscribe }: Service, topic: Topic) {
  const queue = yield* Queue.unbounded<string>()
  yield* subscribe(topic, (message) => Queue.offerUnsafe(queue, message))
  return {
    next: patiently(Queue.take(queue), "message"),
    waiting: Queue.size(queue)
  }
})

/** Waits for a status, from now. */
const until = Effect.fnUntraced(function* (
  { onStatus, status }: Service,
  tag: BackplaneStatus["_tag"]
) {
  const queue = yield* Queue.unbounded<BackplaneStatus>()
  yield* onStatus((change) => Queue.offerUnsafe(queue, change))
  let current = status()
  while (current._tag !== tag) current = yield* patiently(Queue.take(queue), `status ${tag}`)
  return current
}, Effect.scoped)

/** All that a publisher said before has arrived when this has. */
const settle = Effect.fnUntraced(function* (from: Service, to: Service) {
  const { next } = yield* listen(to, marker)
  from.publish(marker, "settled")
  assert.strictEqual(yield* next, "settled")
}, Effect.scoped)

/** Parts of names, and names, that a subject could take for something else. */
const nasty = [
  Array.of("", ".", "..", "-", "*", ">", " ", "\t", "\r\n", "a", "A", "a.b", "a.", ".a", "a-b"),
  Array.of("a b", "a*", "a>", "$SYS", "_INBOX", "=", "=h", "=canvas", "=node", "=cluster"),
  Array.of("=002E", "=002e", "é", "e\u0301", "日本", "😀", "\ud83d", "\ude00", "\u0000"),
  Array.of("x".repeat(200), "x".repeat(201), "x".repeat(5_000), "😀".repeat(3_000))
].flat()
const Name = Schema.Union([Schema.Literals(nasty), Schema.String])
const topics = Arbitrary.schema(
  Schema.Union([
    Schema.Struct({
      _tag: Schema.Literal("Room"),
      room: Schema.Union([
        Schema.Struct({ _tag: Schema.Literal("Dataset"), project: Name, dataset: Name }),
        Schema.Struct({ _tag: Schema.Literal("Canvas"), canvas: Name })
      ])
    }),
    Schema.Struct({ _tag: Schema.Literal("Node"), node: Name }),
    Schema.Struct({ _tag: Schema.Literal("Cluster") })
  ])
)

const suite = (name: string, start: Effect.Effect<Join, never, Scope.Scope>) => {
  const test = (title: string, body: (join: Join) => Effect.Effect<void, unknown, Scope.Scope>) =>
    it.live(title, () => Effect.flatMap(start, body))

  describe(`a Backplane (${name})`, () => {
    test("tells the others, all of them, and never itself", (join) =>
      Effect.gen(function* () {
        const [a, b, c] = yield* Effect.all([join("a"), join("b"), join("c")])
        const atA = yield* listen(a.backplane, production)
        const atB = yield* listen(b.backplane, production)
        const atC = yield* listen(c.backplane, production)
        assert.deepStrictEqual(a.backplane.status(), { _tag: "Connected" })
        a.backplane.publish(production, "from a")
        b.backplane.publish(production, "from b")
        assert.strictEqual(yield* atB.next, "from a")
        assert.strictEqual(yield* atA.next, "from b")
        const two = [yield* atC.next, yield* atC.next]
        assert.sameMembers(two, ["from a", "from b"])
        yield* settle(a.backplane, b.backplane)
        yield* settle(b.backplane, a.backplane)
        for (const { waiting } of [atA, atB, atC]) assert.strictEqual(yield* waiting, 0)
      }))

    test("hears from when subscribing has ended", (join) =>
      Effect.gen(function* () {
        const [a, b] = yield* Effect.all([join("a"), join("b")])
        for (let index = 0; index < 100; index++) {
          const topic = room("demo", `dataset-${index}`)
          const { next } = yield* listen(b.backplane, topic)
          a.backplane.publish(topic, String(index))
          assert.strictEqual(yield* next, String(index))
        }
      }))

    test("keeps the order and the text of 10,000 messages of one publisher", (join) =>
      Effect.gen(function* () {
        const [a, b] = yield* Effect.all([join("a"), join("b")])
        const { next } = yield* listen(b.backplane, production)
        const sent = Array.from({ length: 10_000 }, (_, index) =>
          JSON.stringify({ index, text: `ü😀\r\n\u0000${"x".repeat(index % 500)}` })
        )
        for (const message of sent) a.backplane.publish(production, message)
        for (const message of sent) assert.strictEqual(yield* next, message)
        assert.strictEqual(droppedBy(a.backplane), 0)
      }))

    test("never lets one topic leak into another", (join) =>
      Effect.gen(function* () {
        const [a, b] = yield* Effect.all([join("a"), join("b")])
        const sampled = yield* Arbitrary.sampleEffect(topics, { count: 300 })
        const pairs = nasty.flatMap((x) => [room(x, "d"), room("d", x), room(x, x)])
        const byKey = new Map<string, Topic>()
        for (const topic of [...pairs, ...sampled]) byKey.set(JSON.stringify(topic), topic)
        const heard: Array<string> = []
        yield* Effect.forEach(
          byKey,
          ([key, topic]) =>
            b.backplane.subscribe(topic, (message) => heard.push(JSON.stringify([key, message]))),
          { concurrency: "unbounded", discard: true }
        )
        for (const [key, topic] of byKey) a.backplane.publish(topic, key)
        yield* settle(a.backplane, b.backplane)
        // `settle` speaks to all nodes, which is one of the topics.
        const own = heard.filter((entry) => !entry.endsWith('"settled"]'))
        assert.sameMembers(
          own,
          Array.from(byKey.keys(), (key) => JSON.stringify([key, key]))
        )
        assert.strictEqual(a.backplane.status()._tag, "Connected")
      }))

    test("hears no more when the scope has closed, and again in a new one", (join) =>
      Effect.gen(function* () {
        const [a, b] = yield* Effect.all([join("a"), join("b")])
        const scope = yield* Scope.make()
        const first = yield* listen(b.backplane, production).pipe(Scope.provide(scope))
        a.backplane.publish(production, "1")
        assert.strictEqual(yield* first.next, "1")
        yield* Scope.close(scope, Exit.void)
        a.backplane.publish(production, "2")
        yield* settle(a.backplane, b.backplane)
        assert.strictEqual(yield* first.waiting, 0)
        const second = yield* listen(b.backplane, production)
        a.backplane.publish(production, "3")
        assert.strictEqual(yield* second.next, "3")
        assert.strictEqual(yield* first.waiting, 0)
      }))

    test("gives a message to each subscription of a topic, once, and the end of one is its own", (join) =>
      Effect.gen(function* () {
        const [a, b] = yield* Effect.all([join("a"), join("b")])
        const scope = yield* Scope.make()
        const one = yield* listen(b.backplane, production).pipe(Scope.provide(scope))
        const two = yield* listen(b.backplane, production)
        a.backplane.publish(production, "1")
        assert.deepStrictEqual([yield* one.next, yield* two.next], ["1", "1"])
        yield* Scope.close(scope, Exit.void)
        a.backplane.publish(production, "2")
        assert.strictEqual(yield* two.next, "2")
        yield* settle(a.backplane, b.backplane)
        assert.deepStrictEqual([yield* one.waiting, yield* two.waiting], [0, 0])
      }))

    test("suffers no harm from a receiver that throws, and counts it", (join) =>
      Effect.gen(function* () {
        const [a, b] = yield* Effect.all([join("a"), join("b")])
        yield* b.backplane.subscribe(production, () => {
          throw new Error("a receiver's own mistake")
        })
        const { next } = yield* listen(b.backplane, production)
        yield* b.backplane.onStatus(() => {
          throw new Error("a listener's own mistake")
        })
        a.backplane.publish(production, "1")
        a.backplane.publish(production, "2")
        assert.deepStrictEqual([yield* next, yield* next], ["1", "2"])
        assert.strictEqual(b.backplane.counts().receiverErrors, 2)
        yield* b.cut
        yield* until(b.backplane, "Disconnected")
        yield* b.heal
        yield* until(b.backplane, "Connected")
        a.backplane.publish(production, "3")
        assert.strictEqual(yield* next, "3")
      }))

    test("says when it is cut off, drops and counts what is said meanwhile, and comes back", (join) =>
      Effect.gen(function* () {
        const [a, b, c] = yield* Effect.all([join("a"), join("b"), join("c")])
        const changes: Array<BackplaneStatus["_tag"]> = []
        yield* a.backplane.onStatus(({ _tag }) => changes.push(_tag))
        const atA = yield* listen(a.backplane, production)
        const atB = yield* listen(b.backplane, production)
        const atC = yield* listen(c.backplane, production)
        yield* a.cut
        const status = yield* until(a.backplane, "Disconnected")
        assert.isTrue(status._tag === "Disconnected" && status.since > 0 && status.reason !== "")
        const before = droppedBy(a.backplane)
        for (let index = 0; index < 100; index++) a.backplane.publish(production, "lost")
        assert.strictEqual(droppedBy(a.backplane) - before, 100)
        const scope = yield* Scope.make()
        const ended = yield* listen(a.backplane, room("demo", "ended")).pipe(Scope.provide(scope))
        const late = yield* listen(a.backplane, room("demo", "late"))
        yield* Scope.close(scope, Exit.void)
        b.backplane.publish(production, "among those who are left")
        assert.strictEqual(yield* atC.next, "among those who are left")
        yield* a.heal
        yield* until(a.backplane, "Connected")
        assert.strictEqual(changes[0], "Disconnected")
        assert.strictEqual(changes.at(-1), "Connected")
        assert.strictEqual(changes.filter((tag) => tag === "Connected").length, 1)
        b.backplane.publish(production, "welcome")
        b.backplane.publish(room("demo", "late"), "late")
        b.backplane.publish(room("demo", "ended"), "ended")
        a.backplane.publish(production, "hello")
        assert.strictEqual(yield* atA.next, "welcome")
        assert.strictEqual(yield* late.next, "late")
        assert.strictEqual(yield* atB.next, "hello")
        yield* settle(b.backplane, a.backplane)
        assert.strictEqual(yield* ended.waiting, 0)
        assert.strictEqual(droppedBy(a.backplane) - before, 100)
      }))

    test("drops and counts a message that is too large, and goes on", (join) =>
      Effect.gen(function* () {
        const [a, b] = yield* Effect.all([join("a"), join("b")])
        const { next } = yield* listen(b.backplane, production)
        const largest = "x".repeat(1024 * 1024)
        a.backplane.publish(production, `${largest}x`)
        a.backplane.publish(production, "ü".repeat(600_000))
        a.backplane.publish(production, largest)
        a.backplane.publish(production, "")
        assert.strictEqual(yield* next, largest)
        assert.strictEqual(yield* next, "")
        assert.strictEqual(droppedBy(a.backplane), 2)
        assert.strictEqual(a.backplane.status()._tag, "Connected")
      }))

    test("leaves with its scope: others go on, and it hears nothing more", (join) =>
      Effect.gen(function* () {
        const [a, b] = yield* Effect.all([join("a"), join("b")])
        const scope = yield* Scope.make()
        const c = yield* join("c").pipe(Scope.provide(scope))
        const heard: Array<string> = []
        const atB = yield* listen(b.backplane, production)
        yield* c.backplane
          .subscribe(production, (message) => heard.push(message))
          .pipe(Scope.provide(scope))
        c.backplane.publish(production, "last words")
        yield* Scope.close(scope, Exit.void)
        a.backplane.publish(production, "after")
        assert.sameMembers([yield* atB.next, yield* atB.next], ["last words", "after"])
        assert.deepStrictEqual(heard, [])
      }))
  })
}

suite("memory", memory)
describe.skipIf(natsServer.isNatsMissing)("on nats-server", () => suite("NATS", nats))

describe("a Backplane for one node", () => {
  it.effect("says nothing, hears nothing, and is always connected", () =>
    Effect.gen(function* () {
      const backplane = yield* Backplane
      const { waiting } = yield* listen(backplane, production)
      backplane.publish(production, "to nobody")
      assert.deepStrictEqual(backplane.status(), { _tag: "Connected" })
      assert.strictEqual(yield* waiting, 0)
      assert.strictEqual(droppedBy(backplane), 0)
    }).pipe(Effect.provide(Backplane.layerNone))
  )
})

describe("subjectOf", () => {
  const two = Schema.Struct({ a: Name, b: Name })

  it("is what operators read in the documentation", () => {
    assert.strictEqual(subjectOf(room("abc123", "production")), "bifur.presence.abc123.production")
    assert.strictEqual(subjectOf(room("a-b", "c_d"), "x.y"), "x.y.a-b.c_d")
    assert.strictEqual(subjectOf(room("a.b", "*")), "bifur.presence.a=002Eb.=002A")
  })

  it.effect("never gives two topics one subject, and only valid, short ones", () =>
    Effect.gen(function* () {
      const sampled = yield* Arbitrary.sampleEffect(topics, { count: 5_000 })
      const all = nasty.flatMap((x) => nasty.map((y) => room(x, y)))
      const bySubject = new Map<string, string>()
      for (const topic of [...all, ...sampled]) {
        const subject = subjectOf(topic)
        const key = JSON.stringify(topic)
        assert.strictEqual(bySubject.get(subject) ?? key, key)
        bySubject.set(subject, key)
        assert.match(subject, /^bifur\.presence(\.[A-Za-z0-9_=-]+)+$/)
        assert.isBelow(subject.length, 500)
      }
      assert.isAbove(bySubject.size, 1_000)
    })
  )

  it.prop("keeps two pairs of names apart", { x: two, y: two }, ({ x, y }) => {
    const isSame = x.a === y.a && x.b === y.b
    assert.strictEqual(subjectOf(room(x.a, x.b)) === subjectOf(room(y.a, y.b)), isSame)
  })
})
