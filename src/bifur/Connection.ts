/**
 * One connection, from the opening of the socket to its end: authorize, subscribe, read.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Auth, Token } from "../Auth.ts"
import { countDrop } from "../Drops.ts"
import type { PresenceConfigShape } from "../PresenceConfig.ts"
import type { TransportEvent } from "../Transport.ts"
import { decodePresence, Method, notificationMethod } from "./BifurEvent.ts"
import {
  type ConnectionEnd,
  fromAuthorization,
  fromSocketError,
  fromSubscription,
  lost
} from "./ConnectionEnd.ts"
import { decodeFrame } from "./JsonRpc.ts"
import * as Rpc from "./Rpc.ts"

/** What a connection tells of itself, in this order: once `connected`, then `received` per batch. */
export interface Handler {
  /** This token is now the one that the connection stands or falls with. */
  readonly tried: (token: Token) => void
  readonly connected: (rpc: Rpc.Rpc) => Effect.Effect<void>
  readonly received: (events: ReadonlyArray<TransportEvent>) => Effect.Effect<void>
}

/**
 * Opens a socket and serves it until it ends; never succeeds.
 *
 * The token is read when the socket is open, and a changed one is authorized on the live socket.
 */
export const run = (options: {
  readonly url: string
  readonly auth: Auth["Service"]
  readonly config: PresenceConfigShape
  readonly handler: Handler
}): Effect.Effect<never, ConnectionEnd, Socket.WebSocketConstructor> =>
  Effect.gen(function* () {
    const { auth, config, handler, url } = options
    const toEnd = fromSocketError(new URL(url).host)
    const socket = yield* Socket.fromWebSocket(
      acquireSocket(url, Duration.toMillis(config.openTimeout)),
      {
        openTimeout: config.openTimeout
      }
    )
    const { pull } = yield* Effect.mapError(socket.reader, toEnd)
    const { write } = yield* socket.writer
    const rpc = Rpc.make(write)
    yield* Effect.addFinalizer(() => Effect.sync(rpc.end))

    const subscription = makeSubscription(rpc, handler)
    const read = batched(pull).pipe(
      Effect.mapError(toEnd),
      Effect.flatMap(subscription.handle),
      Effect.forever
    )
    const authorizeAndSubscribe = SubscriptionRef.changes(auth.token).pipe(
      Stream.changes,
      Stream.runForEach((token) =>
        subscription.isOpen()
          ? authorizeAgain(rpc, token, config, handler)
          : Effect.suspend(() => {
              handler.tried(token)
              return Effect.andThen(authorize(rpc, token, config), subscription.open(token, config))
            })
      ),
      Effect.andThen(Effect.never)
    )
    return yield* Effect.raceFirst(read, authorizeAndSubscribe)
  }).pipe(
    Effect.scoped,
    // A bug, or input that nobody thought of, ends one connection, never the loop that makes them.
    Effect.catchDefect((defect) =>
      Effect.andThen(
        Effect.logError("A connection ended unexpectedly", defect),
        Effect.fail(lost("an unexpected error"))
      )
    )
  )

type Frames = ReadonlyArray<string | Uint8Array>

/**
 * A pull that waits gets only the first frame of a burst; a turn later the others are there too.
 * Where the socket has ended by then, the next pull says so.
 */
const batched = <E>(pull: Effect.Effect<Frames, E>): Effect.Effect<Frames, E> =>
  Effect.gen(function* () {
    const first = yield* pull
    yield* Effect.yieldNow
    const rest = yield* pull.pipe(
      Effect.timeoutOption(0),
      Effect.catch(() => Effect.succeedNone)
    )
    return Option.isNone(rest) ? first : [...first, ...rest.value]
  })

/**
 * Closing in the middle of a handshake makes browsers log an error, so it waits for the end, as long
 * as a handshake may take (milliseconds).
 */
const acquireSocket = (
  url: string,
  openTimeout: number
): Effect.Effect<
  Socket.WebSocketLike,
  Socket.SocketError,
  Socket.WebSocketConstructor | Scope.Scope
> =>
  Effect.acquireRelease(
    Socket.WebSocketConstructor.use((makeWebSocket) =>
      Effect.try({
        try: () => makeWebSocket(url),
        catch: (cause) =>
          new Socket.SocketError({
            reason: new Socket.SocketOpenError({ kind: "Unknown", cause })
          })
      })
    ),
    (socket) =>
      Effect.sync(() => {
        const close = () => socket.close(1000)
        if (socket.readyState !== 0) return close()
        // Against a server that never answers, the handshake would hold the socket, and a process.
        const timer = setTimeout(close, openTimeout)
        if (typeof timer === "object") timer.unref()
        const onOpen = () => {
          clearTimeout(timer)
          close()
        }
        socket.addEventListener("open", onOpen, { once: true })
      })
  )

const authorize = (
  rpc: Rpc.Rpc,
  token: Token,
  { authorizeTimeout }: PresenceConfigShape
): Effect.Effect<void, ConnectionEnd> =>
  Option.match(token, {
    onNone: () => Effect.void,
    onSome: (redacted) =>
      rpc
        .request(
          Method.authorization,
          { authorization: `Bearer ${Redacted.value(redacted)}` },
          { timeout: authorizeTimeout }
        )
        .pipe(Effect.mapError(fromAuthorization(Redacted.value(redacted))), Effect.asVoid)
  })

/** A socket that was authorized can't be made anonymous again: that takes a new one. */
const authorizeAgain = (
  rpc: Rpc.Rpc,
  token: Token,
  config: PresenceConfigShape,
  { tried }: Handler
): Effect.Effect<void, ConnectionEnd> => {
  if (Option.isNone(token)) return Effect.fail(lost("signed out"))
  const known = Effect.sync(() => tried(token))
  // Until the answer is there, an end of the connection is about the token before.
  return authorize(rpc, token, config).pipe(
    Effect.tap(known),
    Effect.tapError((end) => (end._tag === "Unauthorized" ? known : Effect.void))
  )
}

const makeSubscription = (rpc: Rpc.Rpc, handler: Handler) => {
  let id: string | undefined
  let announced = false

  const open = (token: Token, { requestTimeout }: PresenceConfigShape) =>
    rpc
      .request(
        Method.subscribe,
        {},
        // Within the frame: events may follow the reply in the same batch.
        {
          timeout: requestTimeout,
          onReply: (result) => {
            if (typeof result === "string" || typeof result === "number") id = String(result)
          }
        }
      )
      .pipe(
        Effect.mapError(fromSubscription(Option.isSome(token))),
        Effect.andThen(
          Effect.suspend(() =>
            id === undefined ? Effect.fail(lost("the service gave no subscription")) : Effect.void
          )
        )
      )

  const handle = Effect.fnUntraced(function* (frames: Frames) {
    const events: Array<TransportEvent> = []
    const dropped = new Map<string, number>()
    for (const frame of frames) readFrame(frame, events, dropped)
    if (id !== undefined && !announced) {
      announced = true
      yield* handler.connected(rpc)
    }
    if (events.length > 0) yield* handler.received(events)
    for (const [reason, count] of dropped) yield* countDrop(reason, count)
  })

  const readFrame = (
    text: string | Uint8Array,
    events: Array<TransportEvent>,
    dropped: Map<string, number>
  ): void => {
    const drop = (reason: string) => void dropped.set(reason, (dropped.get(reason) ?? 0) + 1)
    if (typeof text !== "string") return drop("binary")
    const frame = decodeFrame(text)
    switch (frame._tag) {
      case "Reply":
      case "ErrorReply":
        return rpc.settle(frame)
      case "Malformed":
        return drop(frame.reason)
      case "Notification": {
        // Of others than presence nothing is expected; servers may send a welcome, for instance.
        if (frame.method !== notificationMethod) return
        const decoded = decodePresence(frame.params)
        if (id === undefined || decoded.subscription !== id) return drop("subscription")
        if (decoded.event !== undefined) events.push(decoded.event)
        decoded.dropped.forEach(drop)
      }
    }
  }

  return { open, handle, isOpen: () => id !== undefined }
}
