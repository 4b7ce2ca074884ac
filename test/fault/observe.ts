/** The real client over a real WebSocket, and what a test wants to see of it. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { drops } from "../../src/Drops.ts"
import {
  Auth,
  BifurTransport,
  Presence,
  PresenceConfig,
  type PresenceState,
  SanityClient,
  SessionId,
  sessionKey,
  UserId
} from "../../src/index.ts"

/** A client of the server at `apiHost`, until the scope closes. */
export const enter = (
  apiHost: string,
  userId: string,
  config: PresenceConfig.PresenceConfigInput = {}
) =>
  Layer.build(
    Presence.layer.pipe(
      Layer.provide(BifurTransport.layer),
      Layer.provide(Auth.layerToken(userId)),
      Layer.provide(SanityClient.layer({ projectId: "demo", dataset: "production", apiHost })),
      Layer.provide(PresenceConfig.layer(config))
    )
  ).pipe(Effect.map(Context.get(Presence)))

/** The session of a user as the client knows it. */
export const sessionIn = (
  state: PresenceState.PresenceState,
  userId: string,
  sessionId: string
): PresenceState.PresenceSession | undefined =>
  Option.getOrUndefined(
    HashMap.get(state.sessions, sessionKey(UserId.make(userId), SessionId.make(sessionId)))
  )

/** Waits for a state that fits, and answers how many milliseconds that took. */
export const until = (
  presence: Presence["Service"],
  what: string,
  fits: (state: PresenceState.PresenceState) => boolean,
  within: Duration.Input = "2 seconds"
): Effect.Effect<number> =>
  Effect.suspend(() => {
    const start = performance.now()
    return SubscriptionRef.changes(presence.state).pipe(
      Stream.filter(fits),
      Stream.runHead,
      Effect.map(() => performance.now() - start),
      Effect.timeoutOrElse({
        duration: within,
        orElse: () => Effect.die(new Error(`not seen in time: ${what}`))
      })
    )
  })

/** How often something was left out for this reason. Each test needs a registry of its own. */
export const dropped = (reason: string): Effect.Effect<number> =>
  Effect.map(Metric.value(Metric.withAttributes(drops, { reason })), ({ count }) => Number(count))

/** Everything that happens to the connection from now on, in words: nothing, if all is well. */
export const statusesOf = Effect.fnUntraced(function* (presence: Presence["Service"]) {
  const statuses: Array<string> = []
  yield* SubscriptionRef.changes(presence.status).pipe(
    Stream.runForEach((status) =>
      Effect.sync(() =>
        statuses.push(
          status._tag === "Connected" ? `Connected ${status.generation}` : JSON.stringify(status)
        )
      )
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  return statuses
})
