/**
 * Metrics and spans of presence. Apart from the rest, so that a browser that exports none does not load
 * them.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Auth } from "./Auth.ts"
import * as BifurTransport from "./bifur/BifurTransport.ts"
import * as ConnectionSpans from "./bifur/ConnectionSpans.ts"
import { Presence } from "./Presence.ts"
import { type Resource, SanityClient } from "./SanityClient.ts"
import { Transport, type TransportMessage, type TransportSignal } from "./Transport.ts"

export { drops } from "./Drops.ts"

/**
 * How many others are in the room. Attribute `room`, as of all metrics here. Where this process has
 * several layers in a room, it is the sum of what they see.
 */
export const sessions = Metric.gauge("presence_sessions", {
  description: "Sessions of others in the room"
})

/** Whether there is a connection: 1 or 0, or how many where this process has several in a room. */
export const connected = Metric.gauge("presence_connected", {
  description: "Connections to the room"
})

/** Sets what one layer adds to a gauge, which it may share with others. */
const shareOf = (gauge: Metric.Gauge<number>, room: string) => {
  const ofRoom = Metric.withAttributes(gauge, { room })
  let share = 0
  return (value: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const change = value - share
      share = value
      return Metric.modify(ofRoom, change)
    })
}

/** What the room published, the echoes of one's own included. Attribute `type`. */
export const events = Metric.counter("presence_events_total", {
  description: "Events received, by type",
  incremental: true
})

/** Connections that were made after one was lost. */
export const reconnects = Metric.counter("presence_reconnects_total", {
  description: "Connections made again",
  incremental: true
})

/** From sending an announce to its answer, in milliseconds; 1 ms to 16 s. */
export const announceDuration = Metric.histogram("presence_announce_duration_milliseconds", {
  description: "Time from an announce to its answer",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 2, count: 15 })
})

const nameOf = (resource: Resource): string =>
  resource.type === "canvas" ? resource.canvasId : `${resource.projectId}.${resource.dataset}`

/** By type: one update per type, however many events came together. */
const countEvents = (signals: ReadonlyArray<TransportSignal>, room: string) => {
  const counts = new Map<string, number>()
  for (const signal of signals) {
    if (signal._tag !== "Received") continue
    counts.set(signal.event._tag, (counts.get(signal.event._tag) ?? 0) + 1)
  }
  return Effect.forEach(
    counts,
    ([type, count]) => Metric.update(Metric.withAttributes(events, { room, type }), count),
    { discard: true }
  )
}

const countConnections = (
  signals: ReadonlyArray<TransportSignal>,
  room: string,
  setConnected: (value: number) => Effect.Effect<void>
) =>
  Effect.forEach(
    signals,
    (signal) => {
      if (signal._tag === "Disconnected") return setConnected(0)
      if (signal._tag !== "Connected") return Effect.void
      return signal.generation === 1
        ? setConnected(1)
        : Effect.andThen(
            setConnected(1),
            Metric.update(Metric.withAttributes(reconnects, { room }), 1)
          )
    },
    { discard: true }
  )

const spanNames: { readonly [Tag in TransportMessage["_tag"]]: string } = {
  Announce: "presence.announce",
  RollCall: "presence.rollCall",
  Disconnect: "presence.disconnect"
}

/** A transport that is watched from outside: it is none the wiser. */
const observe = (
  transport: Transport["Service"],
  room: string,
  setConnected: (value: number) => Effect.Effect<void>
): Transport["Service"] =>
  Transport.of({
    ...transport,
    signals: transport.signals.pipe(
      Stream.mapArrayEffect((signals) =>
        Effect.as(
          Effect.andThen(countEvents(signals, room), countConnections(signals, room, setConnected)),
          signals
        )
      )
    ),
    send: (message) => {
      const attributes = { room, session: message.sessionId }
      // Not a part of whatever built the layer, which would be one span of days.
      const options = { attributes, root: true }
      const sent = Effect.withSpan(transport.send(message), spanNames[message._tag], options)
      if (message._tag !== "Announce") return sent
      return Effect.flatMap(Effect.timed(sent), ([duration]) =>
        Metric.update(
          Metric.withAttributes(announceDuration, { room }),
          Duration.toMillis(duration)
        )
      )
    }
  })

const observed: Layer.Layer<Transport, never, SanityClient | Auth> = Layer.effect(
  Transport,
  Effect.gen(function* () {
    const { resource } = yield* SanityClient
    const room = nameOf(resource)
    const setConnected = shareOf(connected, room)
    yield* Effect.addFinalizer(() => setConnected(0))
    return observe(yield* Transport, room, setConnected)
  })
).pipe(Layer.provide(BifurTransport.layerWebSocket), Layer.provide(ConnectionSpans.layer))

/**
 * {@link Presence} over a WebSocket, with metrics and spans: `presence.connect`, with
 * `presence.authorize` and `presence.subscribe` in it, `presence.announce`, `presence.rollCall` and
 * `presence.disconnect`. It takes the place of `Presence.layer` over `BifurTransport.layer`; where
 * they go to is up to the layers around it, those of `effect/observability` for instance. No token is
 * in any of them.
 *
 * @example
 * const live = Telemetry.layer.pipe(
 *   Layer.provide(SanityClient.layer({ projectId: "abc123", dataset: "production" })),
 *   Layer.provide(AuthConfig.layer()),
 *   Layer.provide(Otlp.layerJson({ baseUrl: "http://127.0.0.1:4318" })),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 */
export const layer: Layer.Layer<Presence, never, SanityClient | Auth> = Layer.effectContext(
  Effect.gen(function* () {
    const { resource } = yield* SanityClient
    const room = nameOf(resource)
    const presence = yield* Presence
    const setSessions = shareOf(sessions, room)
    yield* Effect.addFinalizer(() => setSessions(0))
    yield* SubscriptionRef.changes(presence.state).pipe(
      Stream.runForEach((state) => setSessions(HashMap.size(state.members))),
      Effect.forkScoped
    )
    return Context.make(Presence, presence)
  })
).pipe(Layer.provide(Presence.layer), Layer.provide(observed))
