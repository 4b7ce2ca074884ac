/**
 * A {@link Transport} into a {@link TestRoom}, whose network the test controls.
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
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
  NotConnected,
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
 * - `disconnect` loses the connection, and keeps it lost until `reconnect`.
 * - `partition` keeps it open but delivers nothing in either direction, until `heal`: what is sent
 *   meanwhile times out.
 * - `resume` tells that the machine slept, as a transport does that notices it.
 * - `refuse` loses it for good, with the status that a server's refusal would give.
 * - `sent` is everything that was sent so far, oldest first; `retries` counts calls of `retryNow`.
 */
export class TestNetwork extends Context.Service<
  TestNetwork,
  {
    readonly disconnect: (reason?: string) => Effect.Effect<void>
    readonly reconnect: Effect.Effect<void>
    readonly partition: Effect.Effect<void>
    readonly heal: Effect.Effect<void>
    readonly resume: Effect.Effect<void>
    readonly refuse: (
      status: Extract<ConnectionStatus, { _tag: "Unauthorized" | "Failed" }>
    ) => Effect.Effect<void>
    readonly sent: Effect.Effect<ReadonlyArray<TransportMessage>>
    readonly retries: Effect.Effect<number>
  }
>()("effect-sanity-presence/testing/TestNetwork") {}

/** A transport and the network under it. */
export interface TestConnection {
  readonly transport: Transport["Service"]
  readonly network: TestNetwork["Service"]
}

/**
 * Connects a user to the room, until the scope closes.
 *
 * @param userId whom the room takes the transport for
 */
export const connect = Effect.fnUntraced(function* (
  userId: string
): Effect.fn.Return<TestConnection, never, TestRoom | Scope.Scope> {
  const room = yield* TestRoom
  const { limits, requestTimeout } = yield* PresenceConfig
  const page = yield* PageEvents
  const user = UserId.make(userId)
  const status = yield* SubscriptionRef.make<ConnectionStatus>(connecting)
  const signals = yield* Queue.unbounded<TransportSignal, Cause.Done>()
  const context = yield* Effect.context<never>()
  const sent: Array<TransportMessage> = []
  let retries = 0
  let generation = 0
  let link: "up" | "partitioned" | "down" = "down"
  let present: SessionId | undefined
  let lostAt: number | undefined

  const receive = (text: string) => {
    if (link !== "up") return
    const { dropped, event } = decode(text, limits)
    Queue.offerUnsafe(
      signals,
      event === undefined ? { _tag: "Heard" } : { _tag: "Received", event }
    )
    for (const reason of dropped) Effect.runForkWith(context)(countDrop(reason))
  }

  const up = Effect.gen(function* () {
    if (link !== "down") return
    link = "up"
    generation += 1
    const since = yield* Clock.currentTimeMillis
    const outage = lostAt === undefined ? 0 : (yield* monotonicMillis) - lostAt
    yield* SubscriptionRef.set(status, { _tag: "Connected", generation, since })
    Queue.offerUnsafe(signals, { _tag: "Connected", generation, outage })
  })
  const down = Effect.fnUntraced(function* (next: ConnectionStatus, reason: string) {
    if (link === "down") return yield* SubscriptionRef.set(status, next)
    link = "down"
    present = undefined
    lostAt = yield* monotonicMillis
    yield* SubscriptionRef.set(status, next)
    Queue.offerUnsafe(signals, { _tag: "Disconnected", reason })
  })
  const setLink = (from: typeof link, to: typeof link) =>
    Effect.sync(() => {
      if (link === from) link = to
    })

  const send = Effect.fnUntraced(function* (message: TransportMessage) {
    if (link === "down") return yield* new TransportError({ reason: new NotConnected() })
    sent.push(message)
    if (message._tag === "Announce") present = message.sessionId
    if (message._tag === "Disconnect") present = undefined
    if (link === "up") return yield* room.publish(toEvent(message, user))
    yield* Effect.sleep(requestTimeout)
    const { method } = toRequest(message)
    return yield* new TransportError({ reason: new RequestTimeout({ method }) })
  })

  const exit = yield* room.enter(receive)
  yield* Effect.addFinalizer(() =>
    exit.pipe(
      Effect.andThen(SubscriptionRef.set(status, closed)),
      Effect.andThen(Queue.shutdown(signals))
    )
  )
  const hide = Effect.gen(function* () {
    if (link === "down") return
    if (present !== undefined) {
      yield* Effect.ignore(send({ _tag: "Disconnect", sessionId: present }))
    }
    yield* down(paused, "the page is hidden")
  })
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      page.subscribe((event) => {
        if (event === "hide") Effect.runForkWith(context)(hide)
        if (event === "show") Effect.runForkWith(context)(up)
      })
    ),
    (unsubscribe) => Effect.sync(unsubscribe)
  )
  yield* up

  return {
    transport: Transport.of({
      signals: Stream.fromQueue(signals),
      status,
      send,
      retryNow: Effect.sync(() => void (retries += 1))
    }),
    network: TestNetwork.of({
      disconnect: (reason = "the test cut the connection") =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          down({ _tag: "Reconnecting", attempt: 1, retryAt: now, reason }, reason)
        ),
      reconnect: up,
      partition: setLink("up", "partitioned"),
      heal: setLink("partitioned", "up"),
      resume: Effect.sync(() => {
        if (link !== "down") Queue.offerUnsafe(signals, { _tag: "Resumed" })
      }),
      refuse: (refusal) => down(refusal, refusal.reason),
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

/** Provides a connection that was made by hand, with {@link connect}. */
export const layerConnection = ({
  network,
  transport
}: TestConnection): Layer.Layer<Transport | TestNetwork> =>
  Layer.succeedContext(Context.make(Transport, transport).pipe(Context.add(TestNetwork, network)))
