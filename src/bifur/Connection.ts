/**
 * One socket, from its opening to its end: what it can be asked, and what it tells.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Socket from "effect/socket/Socket"
import { countDrop } from "../Drops.ts"
import type { Limits, PresenceConfigShape } from "../PresenceConfig.ts"
import type { TransportEvent } from "../Transport.ts"
import { decodePresence, Method, notificationMethod } from "./BifurEvent.ts"
import { type ConnectionEnd, fromAuthorization, fromSubscription, lost } from "./ConnectionEnd.ts"
import * as FrameSocket from "./FrameSocket.ts"
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

/** Opens a socket and serves it until it ends. */
export const run = (options: {
  readonly url: string
  readonly config: PresenceConfigShape
  readonly redact: (text: string) => string
  readonly handler: Handler
}): Effect.Effect<void, never, Socket.WebSocketConstructor> =>
  Effect.gen(function* () {
    const { config, handler, redact, url } = options
    const socket = yield* FrameSocket.open(url, config.openTimeout)
    const rpc = Rpc.make(socket.write, redact)
    yield* Effect.addFinalizer(() => Effect.sync(rpc.end))
    const frames = makeFrames(rpc, handler, config.limits)
    handler.opened({
      rpc,
      authorize: (token) => authorize(rpc, token, config),
      subscribe: (hasToken) => frames.subscribe(hasToken, config),
      closeNow: socket.closeNow
    })
    return yield* Effect.forever(Effect.flatMap(socket.take, frames.handle), { disableYield: true })
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

  const handle = (frames: ReadonlyArray<FrameSocket.Frame>) =>
    Effect.suspend(() => {
      const events: Array<TransportEvent> = []
      const dropped = new Map<string, number>()
      const drop = (reason: string) => void dropped.set(reason, (dropped.get(reason) ?? 0) + 1)
      handler.heard()
      for (const frame of frames) readFrame(frame, events, drop)
      handler.received(events)
      return dropped.size === 0
        ? Effect.void
        : Effect.forEach(dropped, ([reason, count]) => countDrop(reason, count), { discard: true })
    })

  const readFrame = (
    text: FrameSocket.Frame,
    events: Array<TransportEvent>,
    drop: (reason: string) => void
  ): void => {
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
