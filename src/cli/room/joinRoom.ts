/**
 * A command's presence in its room.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Socket from "effect/socket/Socket"
import { layerFixed } from "../../Auth.ts"
import * as BifurTransport from "../../bifur/BifurTransport.ts"
import * as FrameTrace from "../../bifur/FrameTrace.ts"
import { type ConnectionStatus, describe, isPermanent } from "../../ConnectionStatus.ts"
import { Presence } from "../../Presence.ts"
import type { PresenceError } from "../../PresenceError.ts"
import { SanityClient } from "../../SanityClient.ts"
import { Users } from "../../Users.ts"
import { UsageError, CommandFailed, CommandUnauthorized } from "../CommandFailure.ts"
import { complain } from "../terminal/complain.ts"
import { noConnection } from "./noConnection.ts"
import { refuseOtherProject } from "./relayProject.ts"
import { type RoomTarget, resolveTarget } from "./RoomTarget.ts"
import { defaultTimeout, type RoomValues } from "./roomSettings.ts"

const badConfiguration = ({ message }: PresenceError) => new UsageError({ message })

/** Presence over a WebSocket of the caller's: one more session each time that it is built. */
export const layerPresence = (
  target: RoomTarget
): Layer.Layer<Presence | Users, UsageError, Socket.WebSocketConstructor> =>
  Layer.merge(Layer.provide(Presence.layer, BifurTransport.layerWebSocket), Users.layer).pipe(
    Layer.provide(SanityClient.layer(target.options)),
    Layer.provide(layerFixed(Effect.succeed(target.token))),
    Layer.fresh,
    Layer.catchTag("PresenceError", (error) =>
      Layer.effectContext(Effect.fail(badConfiguration(error)))
    )
  )

/** The room of the flags and the variables; what was assumed is said. */
export const findRoom = Effect.fnUntraced(function* (values: RoomValues) {
  const target = yield* resolveTarget(values)
  if (target.note !== undefined) yield* complain(target.note)
  yield* refuseOtherProject(target, values.timeout)
  return target
})

/** Presence in that room. Frames are logged at the level Trace. */
export const layerRoom = (values: RoomValues) =>
  Layer.unwrap(
    Effect.map(findRoom(values), (target) => Layer.provide(layerPresence(target), FrameTrace.layer))
  )

/** What becomes of the connection: an attempt that comes to what the last one came to is no news. */
export const statusNews: Stream.Stream<ConnectionStatus, never, Presence> = Stream.unwrap(
  Presence.useSync(({ status }) =>
    Stream.changesWith(
      SubscriptionRef.changes(status),
      (before, now) => describe(before) === describe(now)
    )
  )
)

/** Why nothing more is tried. */
export const failureOf = (
  status: ConnectionStatus
): Effect.Effect<never, CommandFailed | CommandUnauthorized> => {
  const message = describe(status)
  return status._tag === "Unauthorized"
    ? new CommandUnauthorized({ message })
    : new CommandFailed({ message })
}

/** Waits until the connection is over for good, and fails with the reason. */
export const failWhenOver: Effect.Effect<never, CommandFailed | CommandUnauthorized, Presence> =
  Presence.use(({ status }) =>
    SubscriptionRef.changes(status).pipe(
      Stream.filter(isPermanent),
      Stream.take(1),
      Stream.runForEach(failureOf),
      Effect.andThen(Effect.never)
    )
  )

/** Why there is no connection, where none is waited for any longer: as the middle of a sentence. */
const whyNone = (status: ConnectionStatus): string => {
  if (status._tag === "Reconnecting") return status.reason
  return status._tag === "Offline" ? "this machine is offline" : "there was no answer"
}

/** Waits until there is a connection, or can be none, as long as that may take. */
export const awaitDecided = Effect.fnUntraced(function* (timeout: number | undefined) {
  const { status } = yield* Presence
  const seconds = timeout ?? defaultTimeout
  yield* SubscriptionRef.changes(status).pipe(
    Stream.takeUntil((now) => now._tag === "Connected" || isPermanent(now)),
    Stream.runDrain,
    Effect.timeoutOrElse({
      duration: `${seconds} seconds`,
      orElse: () =>
        Effect.flatMap(SubscriptionRef.get(status), (now) => noConnection(seconds, whyNone(now)))
    })
  )
})

/** Waits for the first connection, as long as it may take; fails with the reason where there is none. */
export const awaitConnected = Effect.fnUntraced(function* (timeout: number | undefined) {
  yield* awaitDecided(timeout)
  const { status } = yield* Presence
  const now = yield* SubscriptionRef.get(status)
  if (isPermanent(now)) yield* failureOf(now)
})

/** Waits until everyone who is in the room has answered. */
export const awaitReady = Effect.fnUntraced(function* (timeout: number | undefined) {
  const { ready } = yield* Presence
  yield* awaitConnected(timeout)
  yield* ready.pipe(
    Effect.mapError(({ message }) => new CommandFailed({ message })),
    Effect.timeoutOrElse({
      duration: `${timeout ?? defaultTimeout} seconds`,
      orElse: () =>
        new CommandFailed({ message: "The connection was lost before everyone had answered." })
    })
  )
})
