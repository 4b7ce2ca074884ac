/** A real client in a scope of its own: what it saw, and how often it tried. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  Auth,
  BifurTransport,
  type ConnectionStatus,
  Presence,
  PresenceConfig,
  PresenceState,
  SanityClient,
  type Token
} from "../../src/index.ts"
import { isStep } from "../support/isStep.ts"

export interface ClientOptions {
  readonly url: string
  readonly token: string | undefined
  readonly config?: PresenceConfig.PresenceConfigInput
}

type Status = ConnectionStatus.ConnectionStatus

/** Milliseconds since the process began. */
export const now = (): number => Math.round(performance.now())

const toToken = (token: string | undefined): Token =>
  Option.map(Option.fromUndefinedOr(token), (value) => Redacted.make(value))

/** Connects, until `close` or the end of the scope. Counts every WebSocket that it makes. */
export const connect = Effect.fnUntraced(function* (options: ClientOptions) {
  const attempts: Array<number> = []
  const countingWebSocket = Layer.succeed(Socket.WebSocketConstructor)((url) => {
    attempts.push(now())
    return new WebSocket(url)
  })
  const tokens = yield* SubscriptionRef.make(toToken(options.token))
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const context = yield* Layer.buildWithScope(
    Layer.fresh(Presence.layer).pipe(
      Layer.provide(Layer.fresh(BifurTransport.layerWebSocket)),
      Layer.provide(countingWebSocket),
      Layer.provide(Auth.layerRef(tokens)),
      Layer.provide(
        SanityClient.layer({ projectId: "demo", dataset: "production", apiHost: options.url })
      ),
      Layer.provide(PresenceConfig.layer(options.config ?? {}))
    ),
    scope
  )
  const presence = yield* Effect.provide(Presence.use(Effect.succeed), context)
  const changes: Array<string> = []
  yield* presence.changes.pipe(
    Stream.filter(isStep),
    Stream.runForEach((change) =>
      Effect.sync(() => {
        const reason = change._tag === "Left" ? `:${change.reason}` : ""
        changes.push(`${change.session.userId} ${change._tag}${reason}`)
      })
    ),
    Effect.forkIn(scope, { startImmediately: true })
  )
  const statuses: Array<{ readonly at: number; readonly status: Status }> = []
  yield* SubscriptionRef.changes(presence.status).pipe(
    Stream.runForEach((status) => Effect.sync(() => statuses.push({ at: now(), status }))),
    Effect.forkIn(scope, { startImmediately: true })
  )
  const status = SubscriptionRef.get(presence.status)
  const sessions = Effect.map(SubscriptionRef.get(presence.state), PresenceState.toArray)
  return {
    presence,
    attempts,
    changes,
    statuses,
    status,
    sessions,
    /** Who is seen, with the first path of each, without those that are stale. */
    seen: Effect.map(sessions, (all) =>
      all
        .filter(({ stale }) => !stale)
        .map(({ locations, userId }) => `${userId}@${locations[0]?.path.join(".") ?? ""}`)
        .toSorted()
    ),
    setToken: (token: string | undefined) => SubscriptionRef.set(tokens, toToken(token)),
    close: Scope.close(scope, Exit.void)
  }
})

export type Client = Effect.Success<ReturnType<typeof connect>>

/** Waits until it is so, and answers how long that took (milliseconds); dies after `limit`. */
export const until = Effect.fnUntraced(function* (
  what: string,
  isSo: Effect.Effect<boolean>,
  limit = 15_000
) {
  const start = now()
  while (!(yield* isSo)) {
    if (now() - start > limit) return yield* Effect.die(`not within ${limit} ms: ${what}`)
    yield* Effect.sleep(5)
  }
  return now() - start
})

export const untilStatus = (client: Client, tag: Status["_tag"], limit?: number) =>
  until(
    `the status ${tag}`,
    Effect.map(client.status, ({ _tag }) => _tag === tag),
    limit
  )

/** Whether a client sees exactly these, none of them stale. */
export const sees = (client: Client, expected: ReadonlyArray<string>) =>
  Effect.map(client.seen, (seen) => seen.join() === expected.toSorted().join())

export const at = (path: string) => [{ documentId: "drafts.a", path: [path] }]

/** The value below which a part of the values lies. */
export const percentile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  0
