/**
 * The {@link Transport} over a WebSocket to Bifur, or to anything that speaks its protocol.
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Auth, type Token } from "../Auth.ts"
import { closed, connecting, type ConnectionStatus } from "../ConnectionStatus.ts"
import { PageEvents } from "../PageEvents.ts"
import { PresenceConfig } from "../PresenceConfig.ts"
import { SanityClient } from "../SanityClient.ts"
import { monotonicMillis } from "../Time.ts"
import { NotConnected, Transport, TransportError, type TransportSignal } from "../Transport.ts"
import { backoff } from "./Backoff.ts"
import { toRequest } from "./BifurEvent.ts"
import * as Connection from "./Connection.ts"
import { type ConnectionEnd, lost } from "./ConnectionEnd.ts"
import type { Rpc } from "./Rpc.ts"

/** A connection that is subscribed. */
interface Live {
  readonly rpc: Rpc
  readonly since: number
}

const make = Effect.gen(function* () {
  const { socketUrl } = yield* SanityClient
  const auth = yield* Auth
  const config = yield* PresenceConfig
  const page = yield* PageEvents
  const status = yield* SubscriptionRef.make<ConnectionStatus>(connecting)
  const signals = yield* Queue.unbounded<TransportSignal, Cause.Done>()
  // Opened to end a wait between attempts, to end any wait, and to replace a connection.
  const wake = yield* Latch.make(false)
  const retried = yield* Latch.make(false)
  const replace = yield* Latch.make(false)
  let live: Live | undefined
  let generation = 0
  let tried: Token = Option.none()

  const emit = (signal: TransportSignal) => void Queue.offerUnsafe(signals, signal)

  const connection = Connection.run({
    url: socketUrl,
    auth,
    config,
    handler: {
      tried: (token) => (tried = token),
      connected: Effect.fnUntraced(function* (rpc) {
        // What was to hurry this connection must not hurry the one after it.
        wake.closeUnsafe()
        generation += 1
        live = { rpc, since: yield* monotonicMillis }
        const since = yield* Clock.currentTimeMillis
        yield* SubscriptionRef.set(status, { _tag: "Connected", generation, since })
        emit({ _tag: "Connected", generation })
      }),
      received: (events) =>
        Effect.sync(() => {
          Queue.offerAllUnsafe(
            signals,
            events.map((event) => ({ _tag: "Received", event }))
          )
        })
    }
  })

  /** Serves one connection to its end; answers whether it had proved stable. */
  const serve = Effect.gen(function* () {
    wake.closeUnsafe()
    replace.closeUnsafe()
    const replaced = Effect.andThen(replace.await, Effect.fail(lost("the page was away")))
    const end = yield* Effect.flip(Effect.raceFirst(connection, replaced))
    const served = live
    live = undefined
    const now = yield* monotonicMillis
    return {
      end,
      wasConnected: served !== undefined,
      wasStable: served !== undefined && now - served.since >= Duration.toMillis(config.stableAfter)
    }
  })

  const tokenChanged = SubscriptionRef.changes(auth.token).pipe(
    Stream.filter((token) => !Equal.equals(token, tried)),
    Stream.runHead
  )

  const wait = Effect.fnUntraced(function* (
    end: ConnectionEnd,
    attempt: number,
    wasConnected: boolean
  ) {
    const setStatus = (next: ConnectionStatus) =>
      Effect.andThen(
        SubscriptionRef.set(status, next),
        Effect.sync(() => {
          if (wasConnected) emit({ _tag: "Disconnected", reason: end.reason })
        })
      )
    if (end._tag !== "Lost") {
      retried.closeUnsafe()
      yield* setStatus({ _tag: end._tag, reason: end.reason })
      yield* Effect.raceFirst(retried.await, tokenChanged)
      yield* SubscriptionRef.set(status, connecting)
      return
    }
    const delay = backoff({
      attempt,
      random: yield* Random.next,
      base: Duration.toMillis(config.backoffBase),
      max: Duration.toMillis(config.backoffMax)
    })
    const retryAt = (yield* Clock.currentTimeMillis) + delay
    const isOnline = page.isOnline()
    yield* setStatus(
      isOnline
        ? { _tag: "Reconnecting", attempt, retryAt, reason: end.reason }
        : { _tag: "Offline" }
    )
    yield* Effect.timeoutOption(wake.await, Duration.millis(delay))
    if (!isOnline && page.isOnline()) yield* SubscriptionRef.set(status, connecting)
  })

  const loop = Effect.gen(function* () {
    let attempt = 0
    while (true) {
      const { end, wasConnected, wasStable } = yield* serve
      yield* Effect.logDebug(end.reason).pipe(
        Effect.annotateLogs({ action: "presence/connection-end", end: end._tag, attempt })
      )
      attempt = wasStable || end._tag !== "Lost" ? 1 : attempt + 1
      yield* wait(end, attempt, wasConnected)
    }
  })

  const wakeUp = () => {
    if (live === undefined) wake.openUnsafe()
  }

  yield* Effect.addFinalizer(() =>
    Effect.andThen(SubscriptionRef.set(status, closed), Queue.shutdown(signals))
  )
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      page.subscribe((event) => {
        if (event === "hide") return
        if (event === "show") replace.openUnsafe()
        if (event === "show") wake.openUnsafe()
        else wakeUp()
      })
    ),
    (unsubscribe) => Effect.sync(unsubscribe)
  )
  yield* SubscriptionRef.changes(auth.token).pipe(
    Stream.changes,
    Stream.drop(1),
    Stream.runForEach(() => Effect.sync(wakeUp)),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* Effect.forkScoped(loop)

  return Transport.of({
    signals: Stream.fromQueue(signals),
    status,
    retryNow: Effect.sync(() => {
      retried.openUnsafe()
      wakeUp()
    }),
    send: (message) =>
      Effect.suspend(() => {
        if (live === undefined) {
          return Effect.fail(new TransportError({ reason: new NotConnected() }))
        }
        const { method, params } = toRequest(message)
        return live.rpc.request(method, params, { timeout: config.requestTimeout })
      }),
    sendNow: (message) => {
      if (live === undefined) return
      const { method, params } = toRequest(message)
      Effect.runFork(Effect.ignore(live.rpc.notify(method, params)))
    }
  })
})

/**
 * The transport over a WebSocket that the environment provides, for instance one with other
 * headers. Building it never waits for the network.
 */
export const layerWebSocket: Layer.Layer<
  Transport,
  never,
  SanityClient | Auth | Socket.WebSocketConstructor
> = Layer.effect(Transport, make)

/**
 * The transport over the global `WebSocket` of browsers and Node. Building it never waits for the
 * network: the connection is made, and made again, in the background.
 *
 * @example
 * const layer = Presence.layer.pipe(
 *   Layer.provide(BifurTransport.layer),
 *   Layer.provide(SanityClient.layer({ projectId: "abc123", dataset: "production" })),
 *   Layer.provide(AuthConfig.layer())
 * )
 */
export const layer: Layer.Layer<Transport, never, SanityClient | Auth> = Layer.provide(
  layerWebSocket,
  Socket.layerWebSocketConstructorGlobal
)
