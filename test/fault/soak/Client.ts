/**
 * One client of a soak: the real presence service over its own proxy, what it is told, and what the
 * harness knows about it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  Auth,
  BifurTransport,
  ConnectionStatus,
  Presence,
  PresenceConfig,
  type PresenceError,
  PresenceState,
  type ReportedLocation,
  SanityClient
} from "../../../src/index.ts"
import * as FaultProxy from "../../support/FaultProxy.ts"
import { fromReported } from "../../../src/Location.ts"
import { Ledger, placeOf, seen, type Truth, type View } from "./Judge.ts"
import type { SoakTime } from "./Time.ts"

/** Everything at a tenth of its time or less: a minute holds what otherwise takes an hour. */
const config = PresenceConfig.layer({
  openTimeout: "1 second",
  authorizeTimeout: "1 second",
  requestTimeout: "1 second",
  backoffMax: "3 seconds",
  restartSpread: "300 millis",
  stableAfter: "1 second",
  silenceMin: "1500 millis",
  announceInterval: "1 second",
  rollCallJitterMax: "300 millis",
  sessionTtl: "4 seconds",
  staleTimeout: "1 second",
  goodbyeTimeout: "300 millis"
})

/** How many lines of its story a client keeps. */
const storyLength = 14

/** Whom a client tells what it was told. */
export interface Observer {
  readonly time: SoakTime
  readonly onLeft: (reason: PresenceState.LeftReason) => void
  readonly onConnected: () => void
  readonly onRefused: (client: SoakClient, reason: string) => Effect.Effect<void>
}

/**
 * A client that lives. `close` ends it properly: it says goodbye. `hangUp` ends its proxy, and so
 * whatever of its connections is still open.
 */
export class SoakClient {
  readonly userId: string
  readonly presence: Presence["Service"]
  readonly proxy: FaultProxy.FaultProxy
  /** One that only watches never reports. */
  readonly watches: boolean
  readonly close: Effect.Effect<void>
  readonly hangUp: Effect.Effect<void>
  readonly ledger = new Ledger()
  readonly story: Array<string> = []
  /** Where it said last that it is. */
  reported: ReadonlyArray<ReportedLocation> | undefined
  /** Since when it has been without the connection that it had. */
  lostAt: number | undefined
  /** Until when its bytes were changed on their way. */
  corruptedUntil = Number.NEGATIVE_INFINITY
  private readonly observer: Observer

  constructor(
    options: Pick<SoakClient, "userId" | "presence" | "proxy" | "watches" | "close" | "hangUp">,
    observer: Observer
  ) {
    this.userId = options.userId
    this.presence = options.presence
    this.proxy = options.proxy
    this.watches = options.watches
    this.close = options.close
    this.hangUp = options.hangUp
    this.observer = observer
  }

  get sessionId(): string {
    return this.presence.sessionId
  }

  get isConnected(): boolean {
    return SubscriptionRef.getUnsafe(this.presence.status)._tag === "Connected"
  }

  get sessions(): ReadonlyArray<PresenceState.PresenceSession> {
    return PresenceState.toArray(SubscriptionRef.getUnsafe(this.presence.state))
  }

  get truth(): Truth {
    const { reported, sessionId, userId } = this
    return { userId, sessionId, places: reported?.map((place) => placeOf(fromReported(place, ""))) }
  }

  get view(): View {
    const status = SubscriptionRef.getUnsafe(this.presence.status)
    return {
      userId: this.userId,
      sessionId: this.sessionId,
      status: status._tag === "Connected" ? status._tag : ConnectionStatus.describe(status),
      state: this.sessions.map(seen),
      told: Array.from(this.ledger.sessions.values()),
      mistakes: this.ledger.mistakes
    }
  }

  /** Says where it is, and remembers that it did. */
  report(locations: ReadonlyArray<ReportedLocation>): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.reported = locations
      return this.presence.report(locations)
    })
  }

  /** Notes what happened to it, for those who have to understand what it did. */
  note(what: string): void {
    this.story.push(`${(this.observer.time.now() / 1_000).toFixed(2)} s ${what}`)
    if (this.story.length > storyLength) this.story.shift()
  }

  onChange(change: PresenceState.PresenceChange | PresenceState.Reset): void {
    this.ledger.apply(change)
    if (change._tag === "Left") this.observer.onLeft(change.reason)
  }

  onStatus(status: ConnectionStatus.ConnectionStatus): Effect.Effect<void> {
    this.note(ConnectionStatus.describe(status))
    if (status._tag === "Connected") {
      this.lostAt = undefined
      this.observer.onConnected()
      return Effect.void
    }
    if (status._tag !== "Connecting") this.lostAt ??= this.observer.time.now()
    return ConnectionStatus.isPermanent(status)
      ? this.observer.onRefused(this, `${status._tag}: ${status.reason}`)
      : Effect.void
  }
}

const layerOf = (userId: string, apiHost: string) =>
  Layer.fresh(
    Presence.layer.pipe(
      Layer.provide(BifurTransport.layer),
      Layer.provide(Auth.layerToken(userId)),
      Layer.provide(SanityClient.layer({ projectId: "demo", dataset: "soak", apiHost })),
      Layer.provide(config)
    )
  )

/** Starts a client with a proxy of its own to the server at `url`; both end with the scope at the latest. */
export const start = Effect.fnUntraced(function* (options: {
  readonly url: string
  readonly userId: string
  readonly proxySeed: number
  readonly watches: boolean
  readonly observer: Observer
}): Effect.fn.Return<SoakClient, PresenceError, Scope.Scope> {
  const { observer, proxySeed, url, userId, watches } = options
  const outer = yield* Scope.fork(yield* Effect.scope)
  const proxy = yield* Scope.provide(FaultProxy.make(url, { seed: proxySeed }), outer)
  const inner = yield* Scope.fork(outer)
  const context = yield* Layer.buildWithScope(layerOf(userId, proxy.url), inner)
  const presence = Context.get(context, Presence)
  const close = Scope.close(inner, Exit.void)
  const hangUp = Scope.close(outer, Exit.void)
  const client = new SoakClient({ userId, presence, proxy, watches, close, hangUp }, observer)
  yield* presence.changes.pipe(
    Stream.runForEach((change) => Effect.sync(() => client.onChange(change))),
    Effect.forkIn(inner, { startImmediately: true })
  )
  yield* SubscriptionRef.changes(presence.status).pipe(
    Stream.runForEach((status) => client.onStatus(status)),
    Effect.forkIn(inner, { startImmediately: true })
  )
  return client
})
