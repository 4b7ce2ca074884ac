/**
 * One socket, from its opening to its end: what it can be asked, and what it tells.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { countDrop } from "../Drops.ts"
import type { Limits, PresenceConfigShape } from "../PresenceConfig.ts"
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

/**
 * An open socket.
 *
 * - `subscribe` tells of `subscribed` within the frame that brings the reply.
 * - `closeNow` begins the closing handshake within the call.
 */
export interface Link {
  readonly rpc: Rpc.Rpc
  readonly authorize: (token: Redacted.Redacted<string>) => Effect.Effect<void, ConnectionEnd>
  readonly subscribe: (hasToken: boolean) => Effect.Effect<void, ConnectionEnd>
  readonly closeNow: () => void
}

/** What a connection tells, within the call: `opened` once, `heard` before each batch, `ended` last. */
export interface Handler {
  readonly opened: (link: Link) => void
  readonly subscribed: () => void
  readonly heard: () => void
  readonly received: (events: ReadonlyArray<TransportEvent>) => void
  readonly ended: (end: ConnectionEnd) => void
}

/** The longest time that timers of the platform can wait, in milliseconds: longer ones ring at once. */
const longestTimer = 2 ** 31 - 1

/** Opens a socket and serves it until it ends. */
export const run = (options: {
  readonly url: string
  readonly config: PresenceConfigShape
  readonly redact: (text: string) => string
  readonly handler: Handler
}): Effect.Effect<void, never, Socket.WebSocketConstructor> =>
  Effect.gen(function* () {
    const { config, handler, redact, url } = options
    const toEnd = fromSocketError(new URL(url).host)
    let webSocket: Socket.WebSocketLike | undefined
    const acquire = Effect.tap(
      acquireSocket(url, Math.min(Duration.toMillis(config.openTimeout), longestTimer)),
      (acquired) => Effect.sync(() => (webSocket = acquired))
    )
    const { openTimeout } = config
    const socket = yield* Socket.fromWebSocket(acquire, { openTimeout })
    const { pull } = yield* Effect.mapError(socket.reader, toEnd)
    const { write } = yield* socket.writer
    const rpc = Rpc.make(write, redact)
    yield* Effect.addFinalizer(() => Effect.sync(rpc.end))
    const frames = makeFrames(rpc, handler, config.limits)
    handler.opened({
      rpc,
      authorize: (token) => authorize(rpc, token, config),
      subscribe: (hasToken) => frames.subscribe(hasToken, config),
      closeNow: () => {
        if (webSocket?.readyState === 1) webSocket.close(1000)
      }
    })
    return yield* batched(pull).pipe(
      Effect.mapError(toEnd),
      Effect.flatMap(frames.handle),
      Effect.forever
    )
  }).pipe(
    // A bug, or input that nobody thought of, ends one connection, never the transport.
    Effect.catchDefect((defect) =>
      Effect.andThen(
        Effect.logError("A connection ended unexpectedly", defect),
        Effect.fail(lost("an unexpected error"))
      )
    ),
    // Before the scope closes: then all requests fail, for a reason that says less.
    Effect.catch((end) =>
      Effect.sync(() => options.handler.ended({ ...end, reason: options.redact(end.reason) }))
    ),
    Effect.scoped
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
 * Closing in the middle of a handshake makes browsers log an error, so whoever lets go of it waits for
 * its end, as long as it may take (milliseconds).
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
    (socket, exit) =>
      Effect.sync(() => {
        const close = () => socket.close(1000)
        if (socket.readyState > 1) return
        if (socket.readyState === 1 || !Exit.hasInterrupts(exit)) return close()
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
  token: Redacted.Redacted<string>,
  { authorizeTimeout: timeout }: PresenceConfigShape
): Effect.Effect<void, ConnectionEnd> => {
  const value = Redacted.value(token)
  return rpc
    .request(Method.authorization, { authorization: `Bearer ${value}` }, { timeout })
    .pipe(Effect.mapError(fromAuthorization), Effect.asVoid)
}

/** Reads the frames of a connection: replies, and the events of the one subscription. */
const makeFrames = (rpc: Rpc.Rpc, handler: Handler, limits: Limits) => {
  let id: string | undefined

  const subscribe = (hasToken: boolean, { requestTimeout: timeout }: PresenceConfigShape) => {
    return rpc
      .request(
        Method.subscribe,
        {},
        {
          timeout,
          // Within the frame: events may follow the reply in the same batch.
          onReply: (result) => {
            if (typeof result !== "string" && typeof result !== "number") return
            id = String(result)
            handler.subscribed()
          }
        }
      )
      .pipe(
        Effect.mapError(fromSubscription(hasToken)),
        Effect.andThen(
          Effect.suspend(() =>
            id === undefined ? Effect.fail(lost("the service gave no subscription")) : Effect.void
          )
        )
      )
  }

  const handle = Effect.fnUntraced(function* (frames: Frames) {
    const events: Array<TransportEvent> = []
    const dropped = new Map<string, number>()
    handler.heard()
    for (const frame of frames) readFrame(frame, events, dropped)
    handler.received(events)
    for (const [reason, count] of dropped) yield* countDrop(reason, count)
  })

  const readFrame = (
    text: string | Uint8Array,
    events: Array<TransportEvent>,
    dropped: Map<string, number>
  ): void => {
    const drop = (reason: string) => void dropped.set(reason, (dropped.get(reason) ?? 0) + 1)
    if (typeof text !== "string") return drop("binary")
    if (text.length > limits.frameLength) return drop("frame-length")
    const frame = decodeFrame(text)
    switch (frame._tag) {
      case "Reply":
      case "ErrorReply":
        return rpc.settle(frame) ? undefined : drop("reply")
      case "Malformed":
        return drop(frame.reason)
      case "Notification": {
        // Of others than presence nothing is expected; servers may send a welcome, for instance.
        if (frame.method !== notificationMethod) return
        const decoded = decodePresence(frame.params, limits)
        if (id === undefined || decoded.subscription !== id) return drop("subscription")
        if (decoded.event !== undefined) events.push(decoded.event)
        decoded.dropped.forEach(drop)
      }
    }
  }

  return { subscribe, handle }
}
