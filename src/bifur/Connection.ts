/**
 * One socket, from its opening to its end: what it can be asked, and what it tells.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Socket from "effect/socket/Socket"
import { countDrop, type DropReason, type EventDropReason } from "../Drops.ts"
import type { PresenceConfigShape } from "../PresenceConfig.ts"
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

/** What a connection tells, within the call: `opened` once, `heard` before each frame, `ended` last. */
export interface Handler {
  readonly opened: (link: Link) => void
  readonly subscribed: () => void
  readonly heard: () => void
  /** What the frame held, undefined if no event of the room. */
  readonly received: (event: TransportEvent | undefined) => void
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
    const runFork = Effect.runForkWith(yield* Effect.context())
    const drop = (reason: DropReason, count?: number) => void runFork(countDrop(reason, count))
    let frames: Frames | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => frames?.rpc.end()))
    return yield* FrameSocket.run(url, config.openTimeout, {
      opened: ({ closeNow, write }) => {
        const rpc = Rpc.make(write, redact)
        frames = makeFrames(rpc, handler, config, drop)
        handler.opened({
          rpc,
          authorize: (token) => authorize(rpc, token, config),
          subscribe: frames.subscribe,
          closeNow
        })
      },
      frame: (data) => frames?.read(data)
    })
  }).pipe(
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

/** How often each is there: a fiber per reason, not per thing that was left out. */
const tally = (reasons: ReadonlyArray<EventDropReason>): ReadonlyMap<EventDropReason, number> => {
  const counts = new Map<EventDropReason, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return counts
}

interface Frames {
  readonly rpc: Rpc.Rpc
  readonly subscribe: Link["subscribe"]
  readonly read: (data: unknown) => void
}

/** Reads the frames of a connection: replies, and the events of the one subscription. */
const makeFrames = (
  rpc: Rpc.Rpc,
  handler: Handler,
  { limits, requestTimeout: timeout }: PresenceConfigShape,
  drop: (reason: DropReason, count?: number) => void
): Frames => {
  let id: string | undefined

  const subscribe: Frames["subscribe"] = (hasToken) =>
    rpc
      .request(
        Method.subscribe,
        {},
        {
          timeout,
          // Within the frame: events may follow the reply at once.
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

  const readFrame = (text: unknown): TransportEvent | undefined => {
    if (typeof text !== "string") return void drop("binary")
    if (text.length > limits.frameLength) return void drop("frame-length")
    const frame = decodeFrame(text)
    switch (frame._tag) {
      case "Reply":
      case "ErrorReply":
        return rpc.settle(frame) ? undefined : void drop("reply")
      case "Malformed":
        return void drop(frame.reason)
      case "Notification": {
        // Of others than presence nothing is expected; servers may send a welcome, for instance.
        if (frame.method !== notificationMethod) return undefined
        const decoded = decodePresence(frame.params, limits)
        if (id === undefined || decoded.subscription !== id) return void drop("subscription")
        for (const [reason, count] of tally(decoded.dropped)) drop(reason, count)
        return decoded.event
      }
    }
    return undefined
  }

  return {
    rpc,
    subscribe,
    read: (data) => {
      handler.heard()
      handler.received(readFrame(data))
    }
  }
}
