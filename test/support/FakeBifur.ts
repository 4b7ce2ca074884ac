/** A transport on sockets that the test moves. */
import { assert } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { type ConnectionEnd, lost } from "../../src/bifur/ConnectionEnd.ts"
import { Inquiry } from "../../src/bifur/Inquiry.ts"
import { layerParts } from "../../src/bifur/runMachine.ts"
import {
  Auth,
  type ConnectionStatus,
  PageEvents,
  PresenceConfig,
  SanityClient,
  SessionId,
  type Token,
  Transport,
  type TransportSignal
} from "../../src/index.ts"
import * as FakeWebSocket from "./FakeWebSocket.ts"
import { makePage } from "./page.ts"

const { settle } = FakeWebSocket
const sessionId = SessionId.make("own-session")
export const announce = { _tag: "Announce", sessionId, locations: [] } as const

export const token = (value: string): Token => Option.some(Redacted.make(value))

/** What a test wants to be otherwise. */
export interface SetupOptions {
  readonly config?: PresenceConfig.PresenceConfigInput
  readonly clock?: Clock.Clock
  readonly auth?: Layer.Layer<Auth>
  readonly isVisible?: boolean
}

/** A transport on sockets that the test moves, in a scope that the test closes. */
export const setup = Effect.fnUntraced(function* (
  initial: Token = token("unseen-t1"),
  options: SetupOptions = {}
) {
  const { layer: webSocket, sockets } = FakeWebSocket.make()
  const tokens = yield* SubscriptionRef.make(initial)
  const page = makePage()
  page.state.visible = options.isVisible ?? true
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const inquiry: {
    readonly users: Map<string, string>
    explanation: ConnectionEnd
    asked: number
    delay: Duration.Input
  } = {
    users: new Map<string, string>(),
    explanation: lost("nobody knows why"),
    asked: 0,
    delay: Duration.zero
  }
  const later = <A>(answer: () => A) =>
    Effect.suspend(() =>
      inquiry.delay === Duration.zero
        ? Effect.sync(answer)
        : Effect.delay(Effect.sync(answer), inquiry.delay)
    )
  const layer = layerParts.pipe(
    Layer.provide(
      Layer.succeed(Inquiry, {
        userOf: (asked) =>
          later(() =>
            Option.getOrUndefined(
              Option.map(asked, (value) => inquiry.users.get(Redacted.value(value)))
            )
          ),
        explain: () =>
          Effect.suspend(() => {
            inquiry.asked += 1
            return later(() => inquiry.explanation)
          })
      })
    ),
    Layer.provide(webSocket),
    Layer.provide(options.auth ?? Auth.layerRef(tokens)),
    Layer.provide(PresenceConfig.layer(options.config ?? {})),
    Layer.provide(SanityClient.layer({ projectId: "abc", dataset: "d-1" })),
    Layer.provide(Layer.succeed(PageEvents.PageEvents, page.events))
  )
  const clock = options.clock ?? (yield* Clock.Clock)
  const context = yield* Effect.provideService(
    Layer.buildWithScope(layer, scope),
    Clock.Clock,
    clock
  )
  const transport = yield* Effect.provide(Transport.use(Effect.succeed), context)
  const signals: Array<TransportSignal> = []
  const batches: Array<number> = []
  const heard = { count: 0 }
  yield* transport.signals.pipe(
    Stream.runForEachArray((batch) =>
      Effect.sync(() => {
        heard.count += batch.filter(({ _tag }) => _tag === "Heard").length
        const told = batch.filter(({ _tag }) => _tag !== "Heard")
        if (told.length > 0) batches.push(told.length)
        signals.push(...told)
      })
    ),
    Effect.forkIn(scope)
  )
  yield* settle
  return {
    transport,
    signals,
    batches,
    heard,
    sockets,
    tokens,
    inquiry,
    page,
    close: Scope.close(scope, Exit.void),
    firePage: (event: PageEvents.PageEvent) =>
      Effect.andThen(
        Effect.sync(() => page.fire(event)),
        settle
      ),
    status: SubscriptionRef.get(transport.status)
  }
})

export type Setup = Effect.Success<ReturnType<typeof setup>>

export const connect = Effect.fnUntraced(function* ({ sockets }: Setup) {
  const socket = sockets.last()
  socket.open()
  yield* settle
  if (socket.methods.includes("authorization")) {
    socket.reply("authorization")
    yield* settle
  }
  socket.reply("presence_subscribe", { result: "sub-1" })
  yield* settle
  return socket
})

export const step = 50

/** Moves the clock until another socket is made; answers by how much (milliseconds). */
export const nextSocket = Effect.fnUntraced(function* ({ sockets }: Setup) {
  const before = sockets.all.length
  let waited = 0
  while (sockets.all.length === before) {
    assert.isBelow(waited, 300_000, "no further attempt")
    yield* TestClock.adjust(step)
    waited += step
  }
  return waited
})

export const event = (result: unknown, subscription = "sub-1") =>
  JSON.stringify({
    jsonrpc: "2.0",
    method: "presence_subscription",
    params: { subscription, result }
  })
export const goodbye = (session: string) =>
  event({ type: "disconnect", i: "p-bob", m: { session } })

/** How often the transport has asked for an answer. */
export const probesOf = (socket: FakeWebSocket.FakeWebSocket) =>
  socket.methods.filter((method) => method === "presence_rollcall").length

/** The number of the connection, undefined where there is none. */
export const generation = (test: Setup) =>
  Effect.map(test.status, (status) => (status._tag === "Connected" ? status.generation : undefined))

/** Opens, and takes no token. */
export const refuse = (socket: FakeWebSocket.FakeWebSocket) =>
  Effect.gen(function* () {
    socket.open()
    yield* settle
    socket.reply("authorization", { error: { code: 1, message: "expired" } })
    yield* settle
  })

/** What a person is told: the reason of a wait, or the kind of status. */
export const reasonOf = (status: ConnectionStatus.ConnectionStatus) =>
  status._tag === "Reconnecting" ? status.reason : status._tag

/** Lets time pass on a server that beats every `beat` and answers every probe. */
export const live = Effect.fnUntraced(function* (
  socket: FakeWebSocket.FakeWebSocket,
  beat: number,
  total: number
) {
  let answered = probesOf(socket)
  for (let passed = 1_000; passed <= total; passed += 1_000) {
    yield* TestClock.adjust("1 second")
    if (passed % beat === 0) socket.receive("♥")
    if (probesOf(socket) > answered) {
      answered = probesOf(socket)
      socket.reply("presence_rollcall")
    }
    yield* settle
  }
})
