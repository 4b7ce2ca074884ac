/**
 * What every Transport promises, run against each of its layers. The suite knows none of them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  Auth,
  BifurTransport,
  isSameLocations,
  Location,
  PageEvents,
  type PresenceError,
  SanityClient,
  SessionId,
  Transport,
  type TransportSignal,
  UserId
} from "../../src/index.ts"
import type { RelayError } from "../../src/relay/index.ts"
import { Relay, RelayAuth } from "../../src/relay/index.ts"
import { TestRoom, TestTransport } from "../../src/testing/index.ts"
import * as FaultProxy from "../support/FaultProxy.ts"
import { makePage } from "../support/page.ts"

/** A way into one room, and a way to lose the connection; it comes back by itself. */
interface Member {
  readonly transport: Transport["Service"]
  readonly cut: Effect.Effect<void>
}
type Connect<R> = (userId: string) => Effect.Effect<Member, PresenceError, R | Scope.Scope>

const connectTest: Connect<TestRoom> = (userId) =>
  Effect.map(TestTransport.connect(userId), ({ network, transport }) => ({
    transport,
    cut: Effect.andThen(
      network.disconnect(),
      Effect.forkDetach(Effect.delay(network.reconnect, 50))
    )
  }))

const connectBifur: Connect<Relay> = Effect.fnUntraced(function* (userId) {
  const relay = yield* Relay
  const proxy = yield* FaultProxy.make(relay.url)
  const context = yield* Layer.build(
    BifurTransport.layer.pipe(
      Layer.provide(Auth.layerToken(userId)),
      Layer.provide(
        SanityClient.layer({ projectId: "demo", dataset: "production", apiHost: proxy.url })
      )
    )
  )
  const transport = yield* Effect.provide(Transport.use(Effect.succeed), context)
  return { transport, cut: proxy.cut }
})

const arbitraryLocations = Arbitrary.schema(Schema.Array(Location))

const untilConnected = (status: Transport["Service"]["status"]) =>
  SubscriptionRef.changes(status).pipe(
    Stream.filter(({ _tag }) => _tag === "Connected"),
    Stream.runHead,
    Effect.timeout("5 seconds")
  )

/** Reads the signals of a transport one by one. */
const follow = Effect.fnUntraced(function* (transport: Transport["Service"]) {
  const queue = yield* Queue.unbounded<TransportSignal>()
  yield* transport.signals.pipe(
    // Which frames come between the events is each transport's own affair.
    Stream.filter(({ _tag }) => _tag !== "Heard"),
    Stream.runForEach((signal) => Queue.offer(queue, signal)),
    Effect.forkScoped
  )
  return Queue.take(queue).pipe(
    Effect.timeoutOrElse({
      duration: "5 seconds",
      orElse: () => Effect.die("no signal for 5 s")
    })
  )
})

const join = <R>(connect: Connect<R>) =>
  Effect.fnUntraced(function* (userId: string) {
    const { cut, transport } = yield* connect(userId)
    const next = yield* follow(transport)
    assert.deepStrictEqual(yield* next, { _tag: "Connected", generation: 1, outage: 0 })
    return { ...transport, cut, next, sessionId: SessionId.make(`session-of-${userId}`) }
  })

const suite = <R, E extends PresenceError | RelayError>(
  name: string,
  connect: Connect<R>,
  layer: Layer.Layer<R, E>
) => {
  const enter = join(connect)
  const test = (title: string, body: Effect.Effect<void, unknown, R | Scope.Scope>) =>
    it.live(title, () => Effect.provide(body, layer))

  describe(`a Transport (${name})`, () => {
    test(
      "[C1] connects by itself, and says so",
      Effect.gen(function* () {
        const ada = yield* enter("p-ada")
        const status = yield* SubscriptionRef.get(ada.status)
        assert.isTrue(status._tag === "Connected" && status.generation === 1)
      })
    )

    test(
      "delivers an announce to everyone, the sender included, under the sender's user id",
      Effect.gen(function* () {
        const ada = yield* enter("p-ada")
        const bob = yield* enter("p-bob")
        const { sessionId } = ada
        const [locations = []] = yield* Arbitrary.sampleEffect(arbitraryLocations, { count: 1 })
        yield* ada.send({ _tag: "Announce", sessionId, locations })
        for (const { next } of [ada, bob]) {
          const signal = yield* next
          assert.isTrue(
            signal._tag === "Received" &&
              signal.event._tag === "State" &&
              signal.event.userId === "p-ada" &&
              signal.event.sessionId === sessionId &&
              isSameLocations(signal.event.locations, locations)
          )
        }
      })
    )

    test(
      "delivers roll calls and goodbyes",
      Effect.gen(function* () {
        const ada = yield* enter("p-ada")
        const bob = yield* enter("p-bob")
        const { sessionId } = bob
        yield* bob.send({ _tag: "RollCall", sessionId })
        assert.deepStrictEqual(yield* ada.next, {
          _tag: "Received",
          event: { _tag: "RollCall", userId: UserId.make("p-bob"), sessionId }
        })
        yield* bob.send({ _tag: "Announce", sessionId, locations: [] })
        yield* ada.next
        yield* bob.send({ _tag: "Disconnect", sessionId })
        assert.deepStrictEqual(yield* ada.next, {
          _tag: "Received",
          event: { _tag: "Disconnect", userId: UserId.make("p-bob"), sessionId }
        })
      })
    )

    test(
      "keeps the order of what one sender sends",
      Effect.gen(function* () {
        const ada = yield* enter("p-ada")
        const bob = yield* enter("p-bob")
        const { sessionId } = ada
        const ids = Array.from({ length: 100 }, (_, index) => `doc-${index}`)
        yield* Effect.forEach(
          ids,
          (documentId) =>
            ada.send({
              _tag: "Announce",
              sessionId,
              locations: [{ type: "document", documentId, path: [], lastActiveAt: "" }]
            }),
          { concurrency: "unbounded", discard: true }
        )
        const seen: Array<string | undefined> = []
        while (seen.length < ids.length) {
          const signal = yield* bob.next
          if (signal._tag === "Received" && signal.event._tag === "State") {
            seen.push(signal.event.locations[0]?.documentId)
          }
        }
        assert.deepStrictEqual(seen, ids)
      })
    )

    test(
      "[A4] [C3] says when the connection is lost, refuses to send meanwhile, and comes back",
      Effect.gen(function* () {
        const ada = yield* enter("p-ada")
        const { sessionId } = ada
        yield* ada.cut
        assert.strictEqual((yield* ada.next)._tag, "Disconnected")
        const status = yield* SubscriptionRef.get(ada.status)
        if (status._tag !== "Connected") {
          const error = yield* Effect.flip(ada.send({ _tag: "RollCall", sessionId }))
          assert.strictEqual(error.reason._tag, "NotConnected")
        }
        const signal = yield* ada.next
        assert.isTrue(signal._tag === "Connected" && signal.generation === 2)
        yield* ada.send({ _tag: "RollCall", sessionId })
        assert.strictEqual((yield* ada.next)._tag, "Received")
      })
    )

    test(
      "[C9] says goodbye for whoever announced, within the page's last event",
      Effect.gen(function* () {
        const ada = yield* enter("p-ada")
        const page = makePage()
        const bob = yield* Effect.provideService(enter("p-bob"), PageEvents.PageEvents, page.events)
        const { sessionId } = bob
        yield* bob.send({ _tag: "Announce", sessionId, locations: [] })
        yield* ada.next
        page.fire("hide")
        const signal = yield* ada.next
        assert.isTrue(signal._tag === "Received" && signal.event._tag === "Disconnect")
        assert.strictEqual((yield* SubscriptionRef.get(bob.status))._tag, "Paused")
        page.fire("show")
        yield* untilConnected(bob.status)
      })
    )

    test(
      "[C9] ends with its scope",
      Effect.gen(function* () {
        const status = yield* Effect.scoped(Effect.map(enter("p-ada"), ({ status }) => status))
        assert.deepStrictEqual(yield* SubscriptionRef.get(status), { _tag: "Closed" })
      })
    )
  })
}

suite("TestTransport", connectTest, TestRoom.layer)
suite(
  "BifurTransport on a relay",
  connectBifur,
  Relay.layer({ port: 0, rollCall: "forward", batchInterval: 0, announceInterval: 0 }).pipe(
    Layer.provide(RelayAuth.layerDevelopment)
  )
)
