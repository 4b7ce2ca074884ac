/** What tests may rely on in the network that they move. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { PageEvents, SessionId, Transport, type TransportSignal } from "../../src/index.ts"
import { TestNetwork, TestTransport } from "../../src/testing/index.ts"
import { settle } from "../support/FakeWebSocket.ts"
import { makePage } from "../support/page.ts"

const setup = Effect.gen(function* () {
  const page = makePage()
  const layer = TestTransport.layer().pipe(
    Layer.provide(Layer.succeed(PageEvents.PageEvents, page.events))
  )
  const context = yield* Layer.build(layer)
  const [transport, network] = yield* Effect.provide(
    Effect.all([Transport.use(Effect.succeed), TestNetwork.use(Effect.succeed)]),
    context
  )
  const signals: Array<TransportSignal["_tag"]> = []
  yield* transport.signals.pipe(
    Stream.runForEach(({ _tag }) => Effect.sync(() => void signals.push(_tag))),
    Effect.forkScoped
  )
  yield* settle
  return {
    transport,
    network,
    fire: (event: PageEvents.PageEvent) =>
      Effect.andThen(
        Effect.sync(() => page.fire(event)),
        settle
      ),
    signals: Effect.as(settle, signals),
    status: Effect.map(SubscriptionRef.get(transport.status), ({ _tag }) => _tag)
  }
})

describe("the network of a test", () => {
  it.effect("loses a connection once, and makes one where there is none", () =>
    Effect.gen(function* () {
      const { network, signals, status } = yield* setup
      yield* network.reconnect
      assert.deepStrictEqual(yield* signals, ["Connected"])
      yield* network.disconnect()
      yield* network.refuse({ _tag: "Unauthorized", reason: "expired" })
      assert.strictEqual(yield* status, "Unauthorized")
      assert.deepStrictEqual(yield* signals, ["Connected", "Disconnected"])
      yield* network.reconnect
      assert.strictEqual(yield* status, "Connected")
    })
  )

  it.effect("[C9] leaves the room with the page, unless it has left already, and comes back", () =>
    Effect.gen(function* () {
      const { fire, network, status, transport } = yield* setup
      const sessionId = SessionId.make("s1")
      yield* transport.send({ _tag: "Announce", sessionId, locations: [] })
      yield* fire("hide")
      assert.strictEqual(yield* status, "Paused")
      assert.deepStrictEqual((yield* network.sent).at(-1), { _tag: "Disconnect", sessionId })
      yield* fire("show")
      assert.strictEqual(yield* status, "Connected")
      yield* network.disconnect()
      yield* fire("hide")
      assert.strictEqual(yield* status, "Reconnecting")
      assert.lengthOf(yield* network.sent, 2)
    })
  )

  it.effect("counts how often somebody asked for another attempt", () =>
    Effect.gen(function* () {
      const { network, transport } = yield* setup
      yield* transport.retryNow
      yield* transport.retryNow
      assert.strictEqual(yield* network.retries, 2)
    })
  )
})
