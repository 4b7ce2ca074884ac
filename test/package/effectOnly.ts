/**
 * A program of the Effect modules that presence is built of, and nothing else: what a bundle would
 * weigh without this library. It does what presence does with each: decode, connect, hold state,
 * stream it, batch requests, retry, count.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberHandle from "effect/FiberHandle"
import * as FiberMap from "effect/FiberMap"
import * as HashMap from "effect/HashMap"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Request from "effect/Request"
import * as RequestResolver from "effect/RequestResolver"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"

const Id = Schema.String.pipe(Schema.brand("Id"))
const Message = Schema.Union([
  Schema.Struct({ type: Schema.Literal("a"), id: Id, at: Schema.Finite }),
  Schema.Struct({
    type: Schema.Literal("b"),
    list: Schema.Array(Schema.Tuple([Schema.Finite, Schema.NullOr(Schema.Boolean)])),
    more: Schema.optionalKey(Schema.Unknown)
  })
])
const decode = Schema.decodeUnknownOption(Message)
const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

class Failed extends Schema.TaggedError<Failed>()("Failed", { cause: Schema.Defect() }) {}
class Get extends Request.TaggedClass("Get")<{ readonly id: number }, void, Failed> {}
class Net extends Context.Service<
  Net,
  { readonly state: SubscriptionRef.SubscriptionRef<HashMap.HashMap<number, number>> }
>()("Net") {}
const Settings = Context.Reference("Settings", {
  defaultValue: () => ({ wait: Duration.fromInputUnsafe("1 second"), token: Redacted.make("") })
})

const resolver = RequestResolver.makeGrouped<Get, number>({
  key: ({ request }) => request.id,
  resolver: (entries) =>
    Effect.sync(() => entries.forEach((entry) => entry.completeUnsafe(Exit.void)))
}).pipe(RequestResolver.setDelay("1 millis"), RequestResolver.batchN(10))

const make = Effect.gen(function* () {
  const { token, wait } = yield* Settings
  const state = yield* SubscriptionRef.make(HashMap.empty<number, number>())
  const queue = yield* Queue.unbounded<number>()
  const hub = yield* PubSub.unbounded<number>()
  const handle = yield* FiberHandle.make()
  const fibers = yield* FiberMap.make<number>()
  const latch = yield* Latch.make(false)
  const done = yield* Deferred.make<void>()
  const socket = yield* Socket.makeWebSocket(Effect.sync(() => Redacted.value(token)))
  const read = Effect.gen(function* () {
    const { pull } = yield* Effect.uninterruptible(socket.reader)
    const { write } = yield* socket.writer
    const frames = yield* pull.pipe(Effect.timeoutOption(0))
    yield* write(JSON.stringify(Option.getOrUndefined(Option.flatMap(parse(frames), decode))))
    return yield* Effect.raceFirst(Deferred.await(done), latch.await)
  }).pipe(Effect.scoped, Effect.timeoutOrElse({ duration: wait, orElse: () => Effect.void }))
  const retry = Schedule.max([
    Schedule.min([Schedule.exponential("1 second"), Schedule.spaced(wait)]),
    Schedule.recurs(3)
  ]).pipe(
    Schedule.modifyDelay(({ duration }) =>
      Effect.map(Random.next, (random) => Duration.times(duration, random))
    )
  )
  yield* Effect.addFinalizer(() => Queue.shutdown(queue))
  yield* FiberHandle.run(handle, Effect.all([read, Effect.never], { concurrency: "unbounded" }))
  yield* FiberHandle.clear(handle)
  yield* FiberMap.run(
    fibers,
    1,
    Effect.request(new Get({ id: 1 }), resolver).pipe(Effect.retry(retry)),
    {
      onlyIfMissing: true
    }
  )
  yield* FiberMap.size(fibers)
  yield* Stream.fromQueue(queue).pipe(
    Stream.runForEachArray((all) => PubSub.publishAll(hub, all)),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* Stream.fromPubSub(hub).pipe(
    Stream.filter((n) => n > 0),
    Stream.runForEach((n) => SubscriptionRef.update(state, HashMap.set(n, n))),
    Effect.forkScoped
  )
  yield* SubscriptionRef.changes(state).pipe(Stream.changes, Stream.drop(1), Stream.runHead)
  yield* Metric.update(Metric.withAttributes(Metric.counter("n"), { reason: "x" }), 1)
  yield* Effect.logDebug(yield* Clock.monotonicTimeNanos).pipe(
    Effect.annotateLogs({ now: yield* Clock.currentTimeMillis })
  )
  return Net.of({ state })
})

export const runtime = ManagedRuntime.make(
  Layer.effect(Net, make).pipe(Layer.provide(Socket.layerWebSocketConstructorGlobal))
)
export const fiber = runtime.runFork(
  Effect.catchCause(
    Net.use(({ state }) => SubscriptionRef.get(state)),
    () => Effect.void
  )
)
