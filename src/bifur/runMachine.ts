/**
 * Runs the connection's machine: feeds it with what happens, and does what it asks for.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
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
import { Auth, withoutTokens } from "../Auth.ts"
import type { ConnectionStatus } from "../ConnectionStatus.ts"
import { type PageEvent, PageEvents, type PageEventsShape } from "../PageEvents.ts"
import { PresenceConfig, type PresenceConfigShape } from "../PresenceConfig.ts"
import { SanityClient } from "../SanityClient.ts"
import { millisOf } from "../Time.ts"
import { notConnected, Transport, type TransportSignal } from "../Transport.ts"
import { makeAlarm } from "./Alarm.ts"
import * as Connection from "./Connection.ts"
import * as Machine from "./ConnectionMachine.ts"
import * as State from "./ConnectionState.ts"
import * as Inquiry from "./Inquiry.ts"
import * as CurrentLink from "./CurrentLink.ts"
import * as Questions from "./questions.ts"

const toTunables = (config: PresenceConfigShape): State.Tunables => ({
  backoffBase: Duration.toMillis(config.backoffBase),
  backoffMax: Duration.toMillis(config.backoffMax),
  restartSpread: Duration.toMillis(config.restartSpread),
  stableAfter: Duration.toMillis(config.stableAfter),
  silenceMin: Duration.toMillis(config.silenceMin),
  hiddenTimeout: Duration.toMillis(config.hiddenTimeout)
})

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

/** Tells the machine of the page, and of its end once it is no longer wanted; then of the token. */
const listen = Effect.fnUntraced(function* (
  page: PageEventsShape,
  auth: Auth["Service"],
  dispatch: (event: State.Event) => void
) {
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
})

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
  const current = CurrentLink.make(config)

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

  const runToEvent = (effect: Effect.Effect<State.Event>) => run(Effect.map(effect, dispatch))

  let asking: Fiber.Fiber<unknown, unknown> | undefined

  const perform = (action: State.Action): void => {
    const { socket } = machine
    const link = current.get()
    switch (action._tag) {
      case "AskToken":
        // An answer that is late must not overtake a later one.
        asking?.interruptUnsafe()
        asking = runToEvent(Questions.askToken(auth, config))
        return
      case "Open":
        current.begin(run(open(action.socket)))
        return
      case "Authorize":
        if (link !== undefined) runToEvent(Questions.authorize(link, action.token, socket))
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
        runToEvent(Questions.probe(current.rollCall(), socket, action.probe))
        return
      case "Identify":
        runToEvent(Questions.identify(isOtherUser(action.before, action.after), socket))
        return
      case "SayGoodbye": {
        const goodbye = current.goodbye()
        if (goodbye !== undefined) run(goodbye)
        return
      }
      case "CloseSocket":
        current.close()
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
        current.opened(opened)
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
        if (machine.socket === socket) current.ended()
        dispatch({ _tag: "Ended", socket, end })
      }
    }
    return Connection.run({ url: socketUrl, config, redact, handler })
  }

  yield* listen(page, auth, dispatch)
  dispatch({ _tag: "Tick" })

  return Transport.of({
    signals: Stream.fromQueue(signals),
    status,
    retryNow: Effect.sync(() => dispatch({ _tag: "RetryNow" })),
    send: (message) =>
      Effect.suspend(() => {
        const { phase, socket } = machine
        if (phase._tag !== "Connected") return Effect.fail(notConnected)
        return Effect.tapError(current.send(message), ({ reason }) =>
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
