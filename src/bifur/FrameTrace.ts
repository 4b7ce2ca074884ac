/**
 * Every frame that goes over a connection, in the log: for whoever wants to know what is really said.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Socket from "effect/socket/Socket"
import { type Token, withoutTokens } from "../Auth.ts"
import * as SocketTap from "./SocketTap.ts"

/** A frame in full, and when. */
export interface TracedFrame {
  /** Whether it was said by this side, or heard. */
  readonly direction: "sent" | "received"
  /** What it says, tokens taken out; `(binary)` where it is no text. */
  readonly text: string
  /** Milliseconds since the socket was asked for. */
  readonly millis: number
}

/** Told of each frame, in order, within the call. Tokens are taken out of it. */
export type FrameListener = (frame: TracedFrame) => void

/** The string as JSON writes it: a quote in it is escaped. */
const authorization = /"authorization":"(Bearer (?:[^"\\]|\\.)*)"/

/** What a string of JSON says; where it is none, what stands there. */
const unescaped = (json: string): string => {
  try {
    return String(JSON.parse(`"${json}"`))
  } catch {
    return json
  }
}

/** Leaves tokens out of the frames that say them, and of those that repeat them. */
const makeRedact = () => {
  const tokens: Array<Token> = []
  return (text: string): string => {
    const bearer = authorization.exec(text)?.[1]
    if (bearer === undefined) return withoutTokens(text, tokens)
    // Who repeats it may do so in JSON, as it stands here, or not.
    for (const repeated of [bearer, unescaped(bearer)]) {
      tokens.push(Option.some(Redacted.make(repeated.slice("Bearer ".length))))
    }
    return withoutTokens(text.replace(authorization, '"authorization":"Bearer <token>"'), tokens)
  }
}

/**
 * The global `WebSocket`, whose frames a listener is told of.
 *
 * @example
 * const transport = Layer.provide(
 *   BifurTransport.layerWebSocket,
 *   FrameTrace.layerListener(({ direction, text }) => console.debug(direction, text))
 * )
 */
export const layerListener = (listener: FrameListener): Layer.Layer<Socket.WebSocketConstructor> =>
  SocketTap.layer(() => {
    const start = performance.now()
    const redact = makeRedact()
    const tell = (direction: TracedFrame["direction"]) => (data: unknown) =>
      listener({
        direction,
        text: typeof data === "string" ? redact(data) : "(binary)",
        millis: performance.now() - start
      })
    return { sent: tell("sent"), received: tell("received"), ended: () => {} }
  })

/**
 * The global `WebSocket`, whose frames are logged at the level Trace, with the action
 * `presence/frame`. Where that level is not logged when the layer is built, it costs nothing.
 *
 * @example
 * const transport = Layer.provide(BifurTransport.layerWebSocket, FrameTrace.layer)
 */
export const layer: Layer.Layer<Socket.WebSocketConstructor> = Layer.unwrap(
  Effect.gen(function* () {
    if (!(yield* LogLevel.isEnabled("Trace"))) return Socket.layerWebSocketConstructorGlobal
    const runFork = Effect.runForkWith(yield* Effect.context<never>())
    return layerListener(({ direction, millis, text }) => {
      runFork(
        Effect.logTrace(text).pipe(
          Effect.annotateLogs({ action: "presence/frame", direction, millis: Math.round(millis) })
        )
      )
    })
  })
)
