/** What is told of connections, on a real relay. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  Auth,
  BifurTransport,
  FrameTrace,
  Presence,
  SanityClient,
  Telemetry
} from "../../src/index.ts"
import { Relay } from "../../src/relay/Relay.ts"
import * as FaultProxy from "../support/FaultProxy.ts"
import { collectSpans, nameAndEnd } from "../support/spans.ts"

const secret = "p-a-token-that-is-long-enough"

const sanity = Layer.unwrap(
  Relay.useSync(({ url }) =>
    SanityClient.layer({ projectId: "demo", dataset: "production", apiHost: url })
  )
)

const statusOf = (presence: Presence["Service"], tag: string) =>
  SubscriptionRef.changes(presence.status).pipe(
    Stream.filter(({ _tag }) => _tag === tag),
    Stream.runHead
  )

const room = { room: "demo.production" }

describe("telemetry", () => {
  it.live(
    "[O1] a connection is a span with its steps in it, and an announce one of its own",
    () => {
      const { layer, spans } = collectSpans()
      return Effect.gen(function* () {
        const presence = yield* Presence
        yield* presence.ready
        yield* presence.report([{ documentId: "book" }])
        while (!spans.some((span) => nameAndEnd(span) === "presence.announce Success")) {
          yield* Effect.sleep("20 millis")
        }
        assert.deepStrictEqual(spans.map(nameAndEnd), [
          "presence.connect Success",
          "presence.authorize Success",
          "presence.subscribe Success",
          "presence.rollCall Success",
          "presence.announce Success"
        ])
        const [connect, authorize] = spans
        assert.strictEqual(
          authorize?.parent._tag === "Some" && authorize.parent.value.spanId,
          connect?.spanId
        )
        assert.strictEqual(
          (yield* Metric.value(Metric.withAttributes(Telemetry.connected, room))).value,
          1
        )
        const announces = yield* Metric.value(
          Metric.withAttributes(Telemetry.announceDuration, room)
        )
        assert.strictEqual(announces.count, 1)
        assert.notInclude(JSON.stringify(spans.map(({ attributes }) => [...attributes])), secret)
      }).pipe(
        Effect.provide(Telemetry.layer),
        Effect.provide(Auth.layerToken(secret)),
        Effect.provide(sanity),
        Effect.provide(layer),
        Effect.provideService(Metric.MetricRegistry, new Map()),
        Effect.provide(Relay.layerTest)
      )
    }
  )

  it.live("[O1] a connection that comes to nothing ends its spans with a failure", () => {
    const { layer, spans } = collectSpans()
    return Effect.gen(function* () {
      yield* statusOf(yield* Presence, "Unauthorized")
      assert.deepStrictEqual(spans.map(nameAndEnd), [
        "presence.connect Failure",
        "presence.authorize Failure"
      ])
    }).pipe(
      Effect.provide(Telemetry.layer),
      Effect.provide(Auth.layerToken("no user!")),
      Effect.provide(sanity),
      Effect.provide(layer),
      Effect.provide(Relay.layerTest)
    )
  })

  it.live("[O1] of two in one room the first to leave takes only its own with it", () =>
    Effect.gen(function* () {
      const isConnected = Effect.map(
        Metric.value(Metric.withAttributes(Telemetry.connected, room)),
        ({ value }) => value
      )
      const ready = Effect.andThen(Presence, ({ ready }) => ready)
      const joined = Effect.fnUntraced(function* () {
        const context = yield* Layer.build(Layer.fresh(Telemetry.layer))
        yield* Effect.provideContext(ready, context)
      })
      yield* joined()
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* joined()
          assert.strictEqual(yield* isConnected, 2)
        })
      )
      assert.strictEqual(yield* isConnected, 1)
    }).pipe(
      Effect.scoped,
      Effect.provide(Auth.layerToken("p-ada")),
      Effect.provide(sanity),
      Effect.provideService(Metric.MetricRegistry, new Map()),
      Effect.provide(Relay.layerTest)
    )
  )

  it.live("[O1] who has left the room has no connection there, and nobody in it", () =>
    Effect.gen(function* () {
      const gauges = Effect.all([
        Metric.value(Metric.withAttributes(Telemetry.connected, room)),
        Metric.value(Metric.withAttributes(Telemetry.sessions, room))
      ])
      yield* Effect.gen(function* () {
        yield* (yield* Presence).ready
        assert.strictEqual((yield* gauges)[0].value, 1)
      }).pipe(
        Effect.provide(Telemetry.layer),
        Effect.provide(Auth.layerToken("p-ada")),
        Effect.provide(sanity)
      )
      assert.deepStrictEqual(
        (yield* gauges).map(({ value }) => value),
        [0, 0]
      )
    }).pipe(
      Effect.provideService(Metric.MetricRegistry, new Map()),
      Effect.provide(Relay.layerTest)
    )
  )

  it.live("[O1] who has lost the connection has none, until it is made again", () => {
    const gauge = Metric.value(Metric.withAttributes(Telemetry.connected, room))
    const isConnected = (value: number) =>
      Effect.repeat(gauge, { until: (now) => now.value === value, schedule: Schedule.spaced(10) })
    return Effect.gen(function* () {
      const relay = yield* Relay
      const proxy = yield* FaultProxy.make(relay.url)
      const client = SanityClient.layer({
        projectId: "demo",
        dataset: "production",
        apiHost: proxy.url
      })
      yield* Effect.gen(function* () {
        yield* (yield* Presence).ready
        yield* isConnected(1)
        yield* proxy.refuse(true)
        yield* proxy.cut
        yield* isConnected(0)
        yield* proxy.refuse(false)
        yield* isConnected(1)
      }).pipe(
        Effect.provide(Telemetry.layer),
        Effect.provide(Auth.layerToken("p-ada")),
        Effect.provide(client)
      )
    }).pipe(
      Effect.scoped,
      Effect.provideService(Metric.MetricRegistry, new Map()),
      Effect.provide(Relay.layerTest)
    )
  })

  it.live.each([secret, "p-ada"])(
    "[O1] a listener is told of every frame, in both directions, without the token (%s)",
    (token) => {
      const frames: Array<FrameTrace.TracedFrame> = []
      return Effect.gen(function* () {
        const presence = yield* Presence
        yield* presence.ready
        const methods = frames.flatMap(({ direction, text }) =>
          direction === "sent" ? [/"method":"(\w+)"/.exec(text)?.[1]] : []
        )
        assert.deepStrictEqual(methods, [
          "authorization",
          "presence_subscribe",
          "presence_rollcall"
        ])
        assert.isAtLeast(frames.filter(({ direction }) => direction === "received").length, 3)
        assert.notInclude(
          JSON.stringify(frames.filter(({ direction }) => direction === "sent")),
          token
        )
        assert.include(frames[0]?.text, "Bearer <token>")
      }).pipe(
        Effect.provide(
          Presence.layer.pipe(
            Layer.provide(BifurTransport.layerWebSocket),
            Layer.provide(FrameTrace.layerListener((frame) => frames.push(frame)))
          )
        ),
        Effect.provide(Auth.layerToken(token)),
        Effect.provide(sanity),
        Effect.provide(Relay.layerTest)
      )
    }
  )
})
