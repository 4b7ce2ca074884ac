/**
 * Runs the connection's machine: feeds it with what happens, and does what it asks for.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { makeAlarm } from "./Alarm.ts"
import { toRequest } from "./BifurEvent.ts"
import * as Connection from "./Connection.ts"
import * as Machine from "./ConnectionMachine.ts"
import * as State from "./ConnectionState.ts"
import * as Inquiry from "./Inquiry.ts"
import * as Questions from "./questions.ts"
import { Auth, withoutTokens } from "../Auth.ts"
import type { ConnectionStatus } from "../ConnectionStatus.ts"
import { followPage } from "../followPage.ts"
import { inMillis } from "../inMillis.ts"
import { type PageEvent, PageEvents } from "../PageEvents.ts"
import { PresenceConfig } from "../PresenceConfig.ts"
import { SanityClient } from "../SanityClient.ts"
import { SessionId } from "../Session.ts"
import { millisOf } from "../Time.ts"
import {
  notConnected,
  Transport,
  type TransportMessage,
  type TransportSignal
} from "../Transport.ts"

/** What a person does there says nothing of the connection. */
const worldEvents: { readonly [E in Exclude<PageEvent, "activity">]: State.WorldEvent } = {
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
  const tunables = inMillis(config)

  const nowAndWall = () => ({ now: millisOf(clock), wall: clock.currentTimeMillisUnsafe() })
  const circumstances = (): State.Circumstances => ({
    ...nowAndWall(),
    random: random.nextDoubleUnsafe(),
    isOnline: page.isOnline(),
    tunables
  })
  let machine = State.initial(
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

  // Events that come of an action wait for the actions before them.
  const inbox: Array<State.Event> = []
  const dispatch = (event: State.Event): void => {
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
    setAlarm(State.deadline(machine, tunables))
  }

  const setAlarm = makeAlarm(
    run,
    () => millisOf(clock),
    () => dispatch({ _tag: "Tick" })
  )

  let asking: Fiber.Fiber<unknown, unknown> | undefined
  let connection: Fiber.Fiber<unknown, unknown> | undefined
  let link: Connection.Link | undefined
  let lastSession = SessionId.make("")
  // Whom the others know by this connection.
  let present: SessionId | undefined

  const send = (message: TransportMessage) => {
    if (link === undefined) return Effect.fail(notConnected)
    if (message._tag === "Announce") present = message.sessionId
    if (message._tag === "Disconnect") present = undefined
    lastSession = message.sessionId
    const { method, params } = toRequest(message)
    return link.rpc.request(method, params, { timeout: config.requestTimeout })
  }

  const perform = (action: State.Action): void => {
    const { socket } = machine
    switch (action._tag) {
      case "AskToken":
        // An answer that is late must not overtake a later one.
        asking?.interruptUnsafe()
        asking = run(Effect.map(Questions.askToken(auth, config), dispatch))
        return
      case "Open":
        connection = run(open(action.socket))
        return
      case "Authorize":
        if (link !== undefined) {
          run(
            Effect.match(link.authorize(action.token), {
              onFailure: (end) => dispatch({ _tag: "Unaccepted", socket, end }),
              onSuccess: () => dispatch({ _tag: "Authorized", socket })
            })
          )
        }
        return
      case "Subscribe":
        if (link !== undefined) {
          run(
            Effect.match(link.subscribe(Option.isSome(machine.tried)), {
              onFailure: (end) => dispatch({ _tag: "Ended", socket, end }),
              onSuccess: () => undefined
            })
          )
        }
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
        if (link !== undefined && present !== undefined) {
          run(send({ _tag: "Disconnect", sessionId: present }))
        }
        return
      case "CloseSocket":
        link?.closeNow()
        link = undefined
        present = undefined
        connection?.interruptUnsafe()
        return
      case "Explain":
        run(Effect.map(Questions.explain(inquiry, action.token, config), Option.map(dispatch)))
        return
      case "Tell":
        Queue.offerUnsafe(signals, action.signal)
        return
    }
  }

  const redact = (text: string) => withoutTokens(text, [machine.tried, machine.latest])

  const open = (socket: number) => {
    const handler: Connection.Handler = {
      opened: (opened) => {
        if (machine.socket !== socket) return
        link = opened
        dispatch({ _tag: "Opened", socket })
      },
      subscribed: () => dispatch({ _tag: "Subscribed", socket }),
      heard: () => {
        if (machine.socket !== socket || State.hasJustHeard(machine, nowAndWall())) return
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
    return Connection.run({ url: socketUrl, config, redact, handler })
  }

  yield* Effect.addFinalizer(() => Effect.sync(() => dispatch({ _tag: "Closing" })))
  yield* followPage((event) => {
    if (event !== "activity") dispatch({ _tag: worldEvents[event] })
  })
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

/** The transport over a WebSocket and an {@link Inquiry.Inquiry} of the caller's. */
export const layerParts: Layer.Layer<
  Transport,
  never,
  SanityClient | Auth | Socket.WebSocketConstructor | Inquiry.Inquiry
> = Layer.effect(Transport, make)
