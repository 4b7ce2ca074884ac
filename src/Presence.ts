/**
 * Presence in one room: who is where, and where this session says it is.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Announcer from "./Announcer.ts"
import { type ConnectionStatus, describe, isPermanent } from "./ConnectionStatus.ts"
import type { DocumentWatchers } from "./DocumentWatchers.ts"
import { keepIdentical } from "./keepIdentical.ts"
import type { Location } from "./Location.ts"
import { PresenceConfig } from "./PresenceConfig.ts"
import { ConnectionFailed, PresenceError, Unauthorized } from "./PresenceError.ts"
import * as PresenceQuery from "./PresenceQuery.ts"
import type * as PresenceState from "./PresenceState.ts"
import type { Report } from "./Reporters.ts"
import { SessionId } from "./Session.ts"
import * as Tracker from "./Tracker.ts"
import { Transport, type TransportSignal } from "./Transport.ts"

/**
 * Presence in one room: who is where, and where this session says it is. Reading never announces
 * anything.
 *
 * @example
 * const program = Effect.gen(function* () {
 *   const presence = yield* Presence
 *   yield* presence.report([{ documentId: "drafts.book", path: ["title"] }])
 *   yield* presence.changes.pipe(Stream.runForEach((change) => Effect.log(change._tag)))
 * })
 */
export class Presence extends Context.Service<
  Presence,
  {
    /** The id of this session, fresh for every lifetime of the layer. */
    readonly sessionId: SessionId
    /**
     * Everyone else, by session; {@link PresenceState.toArray} lists them. It is set only when something
     * changed: a heartbeat is no change.
     */
    readonly state: SubscriptionRef.SubscriptionRef<PresenceState.PresenceState>
    /** Where this session says it is; undefined until the first report. */
    readonly reported: SubscriptionRef.SubscriptionRef<ReadonlyArray<Location> | undefined>
    /**
     * Says where this session is, all of it: it replaces the last report. Before the first one the
     * session is silent; `report([])` means present, in no document. Never fails: what could not be sent
     * is sent again.
     */
    readonly report: Report
    /**
     * One more reporter for the same session, a task or a component for instance: others see what all of
     * them report. What it reported is taken back when its scope closes.
     */
    readonly reporter: Effect.Effect<Report, never, Scope.Scope>
    /**
     * Calls a listener after every change in one document, named by its published id, until the returned
     * function is called. {@link forDocument} makes a stream of it.
     */
    readonly watch: DocumentWatchers["watch"]
    /**
     * First a `Reset` with everyone who is there, then Joined, Moved, ActivityChanged and Left, in order,
     * each once. A reader for whom more than `limits.unreadChanges` of the config wait gets a `Reset` in
     * place of them.
     */
    readonly changes: Stream.Stream<PresenceState.PresenceChange | PresenceState.Reset>
    /** The connection. */
    readonly status: SubscriptionRef.SubscriptionRef<ConnectionStatus>
    /**
     * Ends when the answers to the first roll call are in: after `readyQuiet` of the config without a
     * newcomer, after `readyMax` at the latest. Fails where the connection cannot be made.
     */
    readonly ready: Effect.Effect<void, PresenceError>
    /** Tries to connect at once instead of waiting for the next attempt. */
    readonly retryNow: Effect.Effect<void>
  }
>()("effect-sanity-presence/Presence") {
  /** Presence over a transport. Says `disconnect` when its scope closes. */
  static readonly layer: Layer.Layer<Presence, never, Transport> = Layer.suspend(() =>
    Layer.effect(Presence, make)
  )
}

const make = Effect.gen(function* () {
  const transport = yield* Transport
  const config = yield* PresenceConfig
  const sessionId = yield* makeSessionId
  const announcer = yield* Announcer.make(transport, config, sessionId)
  const tracker = yield* Tracker.make(transport, config, sessionId)

  /** What the announcer has to do about a signal. Of most there is nothing. */
  const answer = (
    signal: TransportSignal,
    knownSessions: number
  ): ReadonlyArray<Effect.Effect<void>> => {
    if (signal._tag === "Connected") return [announcer.connected]
    if (signal._tag === "Disconnected") return [announcer.disconnected]
    if (signal._tag !== "Received") return []
    const { _tag, sessionId: whose } = signal.event
    if (_tag === "RollCall" && whose !== sessionId) return [announcer.rollCall(knownSessions)]
    // Some clients drop a session on any goodbye that names it, whoever says it.
    return _tag === "Disconnect" && whose === sessionId ? [announcer.denied] : []
  }
  const onSignals = (signals: ReadonlyArray<TransportSignal>) =>
    Effect.flatMap(tracker.receive(signals), (knownSessions) => {
      const answers = signals.flatMap((signal) => answer(signal, knownSessions))
      return answers.length === 0
        ? announcer.heard
        : Effect.andThen(Effect.all(answers, { discard: true }), announcer.heard)
    })
  yield* transport.signals.pipe(Stream.runForEachArray(onSignals), Effect.forkScoped)

  return Presence.of({
    sessionId,
    state: tracker.state,
    reported: announcer.reported,
    report: announcer.report,
    reporter: announcer.reporter,
    watch: tracker.watch,
    changes: tracker.changes,
    status: transport.status,
    ready: Effect.raceFirst(tracker.settled, failWhenPermanent(transport)),
    retryNow: transport.retryNow
  })
})

/**
 * Who is in a document, now and whenever that changes; each answer is the identical array until
 * something in it does.
 *
 * @example
 * const inBook = forDocument(presence, { documentId: "book" })
 * yield* inBook.pipe(Stream.runForEach((people) => Effect.log(people.length)))
 */
export const forDocument = (
  presence: Presence["Service"],
  query: PresenceQuery.DocumentQuery
): Stream.Stream<ReadonlyArray<PresenceQuery.DocumentLocation>> =>
  Stream.suspend(() => {
    const prepared = PresenceQuery.prepare(query)
    const pulse = Stream.callback<void>(
      (queue) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            const unwatch = presence.watch(prepared.publishedId, () =>
              Queue.offerUnsafe(queue, undefined)
            )
            Queue.offerUnsafe(queue, undefined)
            return unwatch
          }),
          (unwatch) => Effect.sync(unwatch)
        ),
      // Whoever is slow gets the newest answer, and needs no queue.
      { bufferSize: 1, strategy: "sliding" }
    )
    let last: ReadonlyArray<PresenceQuery.DocumentLocation> = []
    return pulse.pipe(
      Stream.mapEffect(() => SubscriptionRef.get(presence.state)),
      Stream.map((state) => {
        last = keepIdentical(last, PresenceQuery.inDocument(state, prepared))
        return last
      }),
      Stream.changesWith((a, b) => a === b)
    )
  })

/** 128 random bits. */
const makeSessionId: Effect.Effect<SessionId> = Effect.forEach(Array.from({ length: 16 }), () =>
  Random.nextIntBetween(0, 255)
).pipe(
  Effect.map((bytes) =>
    SessionId.make(bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(""))
  )
)

const failWhenPermanent = (transport: Transport["Service"]): Effect.Effect<never, PresenceError> =>
  SubscriptionRef.changes(transport.status).pipe(
    Stream.filter(isPermanent),
    Stream.runForEach((status) => {
      const Reason = status._tag === "Unauthorized" ? Unauthorized : ConnectionFailed
      return Effect.fail(new PresenceError({ reason: new Reason({ detail: describe(status) }) }))
    }),
    Effect.andThen(Effect.never)
  )
