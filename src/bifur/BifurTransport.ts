/**
 * The {@link Transport} over a WebSocket to Bifur, or to anything that speaks its protocol: feeds the
 * connection's state machine with what happens, and runs its actions.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Auth, withoutTokens } from "../Auth.ts"
import type { ConnectionStatus } from "../ConnectionStatus.ts"
import { type PageEvent, PageEvents } from "../PageEvents.ts"
import { PresenceConfig, type PresenceConfigShape } from "../PresenceConfig.ts"
import { SanityClient } from "../SanityClient.ts"
import { SessionId } from "../Session.ts"
import { timeUntil } from "../Time.ts"
import {
  notConnected,
  Transport,
  type TransportMessage,
  type TransportSignal
} from "../Transport.ts"
import { toRequest } from "./BifurEvent.ts"
import * as Connection from "./Connection.ts"
import { type ConnectionEnd, lost } from "./ConnectionEnd.ts"
import * as Machine from "./ConnectionMachine.ts"
import * as Inquiry from "./Inquiry.ts"

const toTunables = (config: PresenceConfigShape): Machine.Tunables => ({
  backoffBase: Duration.toMillis(config.backoffBase),
  backoffMax: Duration.toMillis(config.backoffMax),
  restartSpread: Duration.toMillis(config.restartSpread),
  stableAfter: Duration.toMillis(config.stableAfter),
  silenceMin: Duration.toMillis(config.silenceMin),
  hiddenTimeout: Duration.toMillis(config.hiddenTimeout)
})

/** What a person does there says nothing of the connection. */
const worldEvents: { readonly [E in Exclude<PageEvent, "activity">]: Machine.WorldEvent } = {
  hide: "PageHidden",
  show: "PageShown",
  visible: "Visible",
  invisible: "Invisible",
  online: "Online",
  offline: "Offline"
}

const heard: TransportSignal = { _tag: "Heard" }

const make = Effect.gen(function* () {
  const { socketUrl } = yield* SanityClient
  const auth = yield* Auth
  const config = yield* PresenceConfig
  const page = yield* PageEvents
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const inquiry = yield* Inquiry.Inquiry
  const isOtherUser = Inquiry.comparison(inquiry, config.authorizeTimeout)
  const signals = yield* Queue.unbounded<TransportSignal, Cause.Done>()
  const tunables = toTunables(config)

  const nowAndWall = () => ({
    now: Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
    wall: clock.currentTimeMillisUnsafe()
  })
  const circumstances = (): Machine.Circumstances => ({
    ...nowAndWall(),
    random: random.nextDoubleUnsafe(),
    isOnline: page.isOnline(),
    tunables
  })
  let machine = Machine.initial(
    yield* SubscriptionRef.get(auth.token),
    page.isVisible(),
    circumstances()
  )
  const status = yield* SubscriptionRef.make<ConnectionStatus>(machine.status)
  yield* Effect.addFinalizer(() => Queue.shutdown(signals))
  // Closes after all that is registered later: by then the machine is told that it is the end.
  const fibers = yield* Scope.fork(yield* Effect.scope, "parallel")
  const runFork = Effect.runForkWith(yield* Effect.context<Socket.WebSocketConstructor>())
  const run = <A, E>(effect: Effect.Effect<A, E, Socket.WebSocketConstructor>) =>
    Fiber.runIn(runFork(effect), fibers)

  let asking: Fiber.Fiber<unknown, unknown> | undefined
  let connection: Fiber.Fiber<unknown, unknown> | undefined
  let link: Connection.Link | undefined
  let lastSession = SessionId.make("")
  // Whom the others know by this connection.
  let present: SessionId | undefined

  // Events that come of an action wait for the actions before them.
  const inbox: Array<Machine.Event> = []
  const dispatch = (event: Machine.Event): void => {
    inbox.push(event)
    if (inbox.length > 1) return
    try {
      for (const next of inbox) {
        const before = machine
        const step = Machine.step(machine, next, circumstances())
        machine = step.machine
        if (machine.status !== before.status) run(SubscriptionRef.set(status, machine.status))
        for (const action of step.actions) perform(action)
      }
    } finally {
      inbox.length = 0
    }
    setTimer()
  }

  const redact = (text: string) => withoutTokens(text, [machine.tried, machine.latest])

  const send = (message: TransportMessage) => {
    if (link === undefined) return Effect.fail(notConnected)
    if (message._tag === "Announce") present = message.sessionId
    if (message._tag === "Disconnect") present = undefined
    lastSession = message.sessionId
    const { method, params } = toRequest(message)
    return link.rpc.request(method, params, { timeout: config.requestTimeout })
  }

  const perform = (action: Machine.Action): void => {
    const { socket } = machine
    const ended = (end: ConnectionEnd) => dispatch({ _tag: "Ended", socket, end })
    switch (action._tag) {
      case "AskToken":
        // An answer that is late must not overtake a later one.
        asking?.interruptUnsafe()
        asking = run(
          auth.ask.pipe(
            Effect.mapError((error) => lost(error.message)),
            Effect.timeoutOrElse({
              duration: config.authorizeTimeout,
              orElse: () => Effect.fail(lost("no token was given in time"))
            }),
            // Whatever becomes of it, defects and interruption too, somebody waits for the outcome.
            Effect.exit,
            Effect.map((exit) =>
              Exit.isSuccess(exit)
                ? dispatch({ _tag: "TokenGiven", token: exit.value })
                : dispatch({
                    _tag: "TokenMissing",
                    end: Option.getOrElse(Cause.findErrorOption(exit.cause), () =>
                      lost("no token could be had: it ended unexpectedly")
                    )
                  })
            )
          )
        )
        return
      case "Open":
        open(action.socket)
        return
      case "Authorize":
        if (link === undefined) return
        run(
          Effect.match(link.authorize(action.token), {
            onFailure: (end) => dispatch({ _tag: "Unaccepted", socket, end }),
            onSuccess: () => dispatch({ _tag: "Authorized", socket })
          })
        )
        return
      case "Subscribe":
        if (link === undefined) return
        run(
          Effect.match(link.subscribe(Option.isSome(machine.tried)), {
            onFailure: ended,
            onSuccess: () => undefined
          })
        )
        return
      case "Probe":
        // In a room that is silent, hardly anybody is there to answer it.
        run(
          Effect.match(send({ _tag: "RollCall", sessionId: lastSession }), {
            onFailure: ({ reason }) =>
              dispatch({
                _tag: reason._tag === "Rejected" ? "ProbeAnswered" : "ProbeFailed",
                socket,
                probe: action.probe
              }),
            onSuccess: () => dispatch({ _tag: "ProbeAnswered", socket, probe: action.probe })
          })
        )
        return
      case "Identify":
        run(
          Effect.map(isOtherUser(action.before, action.after), (isOther) =>
            dispatch({ _tag: "Identified", socket, isOther })
          )
        )
        return
      case "SayGoodbye":
        if (link === undefined || present === undefined) return
        run(send({ _tag: "Disconnect", sessionId: present }))
        return
      case "CloseSocket":
        link?.closeNow()
        link = undefined
        present = undefined
        connection?.interruptUnsafe()
        return
      case "Explain":
        run(
          inquiry
            .explain(action.token)
            .pipe(
              Effect.timeoutOption(config.openTimeout),
              Effect.map(
                Option.map((end) => dispatch({ _tag: "Explained", token: action.token, end }))
              )
            )
        )
        return
      case "Tell":
        Queue.offerUnsafe(signals, action.signal)
        return
    }
  }

  const open = (socket: number): void => {
    const handler: Connection.Handler = {
      opened: (opened) => {
        if (machine.socket !== socket) return
        link = opened
        dispatch({ _tag: "Opened", socket })
      },
      subscribed: () => dispatch({ _tag: "Subscribed", socket }),
      heard: () => {
        if (machine.socket !== socket || Machine.hasJustHeard(machine, nowAndWall())) return
        dispatch({ _tag: "Heard", socket })
      },
      received: (event) => {
        if (machine.socket !== socket || machine.phase._tag !== "Connected") return
        Queue.offerUnsafe(signals, event === undefined ? heard : { _tag: "Received", event })
      },
      ended: (end) => {
        run(
          Effect.logDebug(end.reason).pipe(
            Effect.annotateLogs({ action: "presence/connection-end", end: end._tag })
          )
        )
        // It closes by itself now; interrupted, it would wait for a handshake that has failed.
        if (machine.socket === socket) connection = undefined
        dispatch({ _tag: "Ended", socket, end })
      }
    }
    connection = run(Connection.run({ url: socketUrl, config, redact, handler }))
  }

  // One timer for whatever the machine waits for. One that rings early is set again.
  let timer: Fiber.Fiber<unknown, unknown> | undefined
  let ringsAt = Number.POSITIVE_INFINITY
  const setTimer = (): void => {
    const at = Machine.deadline(machine, tunables) ?? Number.POSITIVE_INFINITY
    if (at >= ringsAt) return
    timer?.interruptUnsafe()
    ringsAt = at
    timer = run(
      Effect.andThen(
        Effect.sleep(timeUntil(at, circumstances().now)),
        Effect.sync(() => {
          ringsAt = Number.POSITIVE_INFINITY
          dispatch({ _tag: "Tick" })
        })
      )
    )
  }

  yield* Effect.acquireRelease(
    Effect.sync(() =>
      page.subscribe((event) => {
        if (event !== "activity") dispatch({ _tag: worldEvents[event] })
      })
    ),
    (unsubscribe) =>
      Effect.sync(() => {
        unsubscribe()
        dispatch({ _tag: "Closing" })
      })
  )
  yield* SubscriptionRef.changes(auth.token).pipe(
    Stream.runForEach((token) => Effect.sync(() => dispatch({ _tag: "TokenChanged", token }))),
    Effect.forkScoped({ startImmediately: true })
  )
  dispatch({ _tag: "Tick" })

  return Transport.of({
    signals: Stream.fromQueue(signals),
    status,
    retryNow: Effect.sync(() => dispatch({ _tag: "RetryNow" })),
    send: (message) =>
      Effect.suspend(() => {
        const { phase, socket } = machine
        if (phase._tag !== "Connected") return Effect.fail(notConnected)
        return Effect.tapError(send(message), ({ reason }) =>
          Effect.sync(() => {
            if (reason._tag === "RequestTimeout") dispatch({ _tag: "Unanswered", socket })
          })
        )
      })
  })
})

/** The transport over a WebSocket and an {@link Inquiry.Inquiry} of the caller's: for its tests. */
export const layerParts: Layer.Layer<
  Transport,
  never,
  SanityClient | Auth | Socket.WebSocketConstructor | Inquiry.Inquiry
> = Layer.effect(Transport, make)

/**
 * The transport over a WebSocket that the environment provides, for instance one with other
 * headers. Building it never waits for the network.
 *
 * @example
 * const traced = Layer.provide(BifurTransport.layerWebSocket, FrameTrace.layer)
 */
export const layerWebSocket: Layer.Layer<
  Transport,
  never,
  SanityClient | Auth | Socket.WebSocketConstructor
> = Layer.provide(layerParts, Inquiry.layer)

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
