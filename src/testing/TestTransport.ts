/**
 * A {@link Transport} into a {@link TestRoom}, whose network the test controls.
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { toRequest } from "../bifur/BifurEvent.ts"
import { closed, connecting, type ConnectionStatus, paused } from "../ConnectionStatus.ts"
import { countDrop } from "../Drops.ts"
import { PageEvents } from "../PageEvents.ts"
import { PresenceConfig } from "../PresenceConfig.ts"
import { type SessionId, UserId } from "../Session.ts"
import { monotonicMillis } from "../Time.ts"
import {
  notConnected,
  RequestTimeout,
  Transport,
  TransportError,
  type TransportEvent,
  type TransportMessage,
  type TransportSignal
} from "../Transport.ts"
import { TestRoom } from "./TestRoom.ts"
import { decode } from "./wire.ts"

/**
 * The network between the transport under test and the room.
 *
 * @example
 * const network = yield* TestNetwork
 * yield* network.disconnect()
 * yield* ada.move([{ documentId: "book", path: ["title"] }])
 * yield* network.reconnect
 */
export class TestNetwork extends Context.Service<
  TestNetwork,
  {
    /** Loses the connection, and keeps it lost until `reconnect`. */
    readonly disconnect: (reason?: string) => Effect.Effect<void>
    /** Makes a connection again, where there is none. */
    readonly reconnect: Effect.Effect<void>
    /**
     * Keeps the connection open but delivers nothing in either direction, until `heal`: what is sent
     * meanwhile times out, after the config's `requestTimeout`.
     */
    readonly partition: Effect.Effect<void>
    /** Ends a `partition`. What was not delivered is lost. */
    readonly heal: Effect.Effect<void>
    /** Tells that the machine slept, as a transport does that notices it. */
    readonly resume: Effect.Effect<void>
    /** Loses the connection for good, with the status that a server's refusal would give. */
    readonly refuse: (
      status: Extract<ConnectionStatus, { _tag: "Unauthorized" | "Failed" }>
    ) => Effect.Effect<void>
    /** Everything that was sent so far, oldest first. */
    readonly sent: Effect.Effect<ReadonlyArray<TransportMessage>>
    /** How often `retryNow` was called. It has no other effect here. */
    readonly retries: Effect.Effect<number>
  }
>()("effect-sanity-presence/testing/TestNetwork") {}

/** A transport and the network under it. */
export interface TestConnection {
  /** For the code under test. */
  readonly transport: Transport["Service"]
  /** For the test. */
  readonly network: TestNetwork["Service"]
}

/** The wire between a transport and the room. */
interface Link {
  readonly status: SubscriptionRef.SubscriptionRef<ConnectionStatus>
  readonly signals: Queue.Queue<TransportSignal, Cause.Done>
  readonly state: () => "up" | "partitioned" | "down"
  readonly up: Effect.Effect<void>
  readonly down: (next: ConnectionStatus, reason: string) => Effect.Effect<void>
  readonly partition: Effect.Effect<void>
  readonly heal: Effect.Effect<void>
  /** Whom the room knows by this connection. */
  present: SessionId | undefined
}

/** A link that is down, until the scope closes. */
const makeLink = Effect.gen(function* () {
  const status = yield* SubscriptionRef.make<ConnectionStatus>(connecting)
  const signals = yield* Queue.unbounded<TransportSignal, Cause.Done>()
  let state: ReturnType<Link["state"]> = "down"
  let generation = 0
  let lostAt: number | undefined

  const up = Effect.gen(function* () {
    if (state !== "down") return
    state = "up"
    generation += 1
    const since = yield* Clock.currentTimeMillis
    const outage = lostAt === undefined ? 0 : (yield* monotonicMillis) - lostAt
    yield* SubscriptionRef.set(status, { _tag: "Connected", generation, since })
    Queue.offerUnsafe(signals, { _tag: "Connected", generation, outage })
  })
  const down = Effect.fnUntraced(function* (next: ConnectionStatus, reason: string) {
    if (state === "down") return yield* SubscriptionRef.set(status, next)
    state = "down"
    link.present = undefined
    lostAt = yield* monotonicMillis
    yield* SubscriptionRef.set(status, next)
    Queue.offerUnsafe(signals, { _tag: "Disconnected", reason })
  })
  const change = (from: typeof state, to: typeof state) =>
    Effect.sync(() => {
      if (state === from) state = to
    })

  yield* Effect.addFinalizer(() =>
    Effect.andThen(SubscriptionRef.set(status, closed), Queue.shutdown(signals))
  )
  const link: Link = {
    status,
    signals,
    state: () => state,
    up,
    down,
    partition: change("up", "partitioned"),
    heal: change("partitioned", "up"),
    present: undefined
  }
  return link
})

/** Sends over a link as a server would take it: to the room, under the user's id. */
const sendOver = (
  link: Link,
  publish: TestRoom["Service"]["publish"],
  user: UserId,
  requestTimeout: Duration.Duration
) =>
  Effect.fnUntraced(function* (message: TransportMessage) {
    if (message._tag === "Announce") link.present = message.sessionId
    if (message._tag === "Disconnect") link.present = undefined
    if (link.state() === "up") return yield* publish(toEvent(message, user))
    yield* Effect.sleep(requestTimeout)
    const { method } = toRequest(message)
    return yield* new TransportError({ reason: new RequestTimeout({ method }) })
  })

/** Leaves the room while the page is hidden away, as a browser's does, until the scope closes. */
const followPage = Effect.fnUntraced(function* (link: Link, send: Transport["Service"]["send"]) {
  const page = yield* PageEvents
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const hide = Effect.gen(function* () {
    if (link.state() === "down") return
    if (link.present !== undefined) {
      yield* Effect.ignore(send({ _tag: "Disconnect", sessionId: link.present }))
    }
    yield* link.down(paused, "the page is hidden")
  })
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      page.subscribe((event) => {
        if (event === "hide") runFork(hide)
        if (event === "show") runFork(link.up)
      })
    ),
    (unsubscribe) => Effect.sync(unsubscribe)
  )
})

/**
 * Connects a user to the room, by id, until the scope closes: one more transport in a test of several.
 *
 * @example
 * const grace = yield* TestTransport.connect("p-grace")
 * yield* grace.network.partition
 */
export const connect = Effect.fnUntraced(function* (
  userId: string
): Effect.fn.Return<TestConnection, never, TestRoom | Scope.Scope> {
  const room = yield* TestRoom
  const { limits, requestTimeout } = yield* PresenceConfig
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const link = yield* makeLink
  const sent: Array<TransportMessage> = []
  let retries = 0

  const deliver = sendOver(link, room.publish, UserId.make(userId), requestTimeout)
  const send = (message: TransportMessage) =>
    Effect.suspend(() => {
      if (link.state() === "down") return Effect.fail(notConnected)
      sent.push(message)
      return deliver(message)
    })
  const receive = (text: string) => {
    if (link.state() !== "up") return
    const { dropped, event } = decode(text, limits)
    Queue.offerUnsafe(
      link.signals,
      event === undefined ? { _tag: "Heard" } : { _tag: "Received", event }
    )
    for (const reason of dropped) runFork(countDrop(reason))
  }
  yield* Effect.acquireRelease(room.enter(receive), (exit) => exit)
  yield* followPage(link, send)
  yield* link.up

  return {
    transport: Transport.of({
      signals: Stream.fromQueue(link.signals),
      status: link.status,
      send,
      retryNow: Effect.sync(() => void (retries += 1))
    }),
    network: TestNetwork.of({
      disconnect: (reason = "the test cut the connection") =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          link.down({ _tag: "Reconnecting", attempt: 1, retryAt: now, reason }, reason)
        ),
      reconnect: link.up,
      partition: link.partition,
      heal: link.heal,
      resume: Effect.sync(() => {
        if (link.state() !== "down") Queue.offerUnsafe(link.signals, { _tag: "Resumed" })
      }),
      refuse: (refusal) => link.down(refusal, refusal.reason),
      sent: Effect.sync(() => [...sent]),
      retries: Effect.sync(() => retries)
    })
  }
})

const toEvent = (message: TransportMessage, userId: UserId): TransportEvent => {
  switch (message._tag) {
    case "Announce":
      return {
        _tag: "State",
        userId,
        sessionId: message.sessionId,
        locations: message.locations
      }
    case "RollCall":
    case "Disconnect":
      return { _tag: message._tag, userId, sessionId: message.sessionId }
  }
}

/**
 * A transport into a room of its own, as the user `userId`, with the room and the network for the
 * test.
 *
 * @example
 * const TestLive = Presence.layer.pipe(Layer.provideMerge(TestTransport.layer()))
 */
export const layer = (userId = "p-self"): Layer.Layer<Transport | TestNetwork | TestRoom> =>
  Layer.effectContext(
    Effect.map(connect(userId), ({ network, transport }) =>
      Context.make(Transport, transport).pipe(Context.add(TestNetwork, network))
    )
  ).pipe(Layer.provideMerge(TestRoom.layer))

/**
 * Provides a connection that was made by hand, with {@link connect}.
 *
 * @example
 * const grace = yield* TestTransport.connect("p-grace")
 * const GraceLive = Presence.layer.pipe(Layer.provide(TestTransport.layerConnection(grace)))
 */
export const layerConnection = ({
  network,
  transport
}: TestConnection): Layer.Layer<Transport | TestNetwork> =>
  Layer.succeedContext(Context.make(Transport, transport).pipe(Context.add(TestNetwork, network)))
