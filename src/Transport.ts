/**
 * The connection to one room: signals come in, messages go out, and the status says how it is.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type * as SubscriptionRef from "effect/SubscriptionRef"
import type { ConnectionStatus } from "./ConnectionStatus.ts"
import type { Location } from "./Location.ts"
import type { SessionEvent } from "./PresenceState.ts"
import type { SessionId, UserId } from "./Session.ts"

/**
 * What the room published. The user id is the server's word, the session id the sender's.
 *
 * - `State`: the session is at these locations, all of them.
 * - `Disconnect`: the session says that it is gone.
 * - `RollCall`: everyone who has ever announced should announce now.
 */
export type TransportEvent =
  | SessionEvent
  | { readonly _tag: "RollCall"; readonly userId: UserId; readonly sessionId: SessionId }

/**
 * What happens on the connection, in order.
 *
 * - `Connected`: a new connection is authorized and subscribed; whatever was known is now suspect.
 *   `generation` counts from 1; `outage` is how long others may take to be back, in milliseconds: as
 *   long as there was no stable connection before, and the first wait of a reconnect at least.
 * - `Received`: an event of the room, the echo of one's own included.
 * - `Heard`: something arrived that is no event; code runs, however late the timers are.
 * - `Resumed`: the machine slept. Whether the connection lives is being found out; whatever was
 *   known is suspect.
 * - `Disconnected`: the connection is gone; nothing is received until the next `Connected`.
 */
export type TransportSignal =
  | { readonly _tag: "Connected"; readonly generation: number; readonly outage: number }
  | { readonly _tag: "Received"; readonly event: TransportEvent }
  | { readonly _tag: "Heard" | "Resumed" }
  | { readonly _tag: "Disconnected"; readonly reason: string }

/** What a session says to the room. */
export type TransportMessage =
  | {
      readonly _tag: "Announce"
      readonly sessionId: SessionId
      readonly locations: ReadonlyArray<Location>
    }
  | { readonly _tag: "RollCall"; readonly sessionId: SessionId }
  | { readonly _tag: "Disconnect"; readonly sessionId: SessionId }

/** There is no connection at the moment, or it was lost before the answer came. */
export class NotConnected extends Schema.TaggedError<NotConnected>()("NotConnected", {}) {
  override get message() {
    return "There is no connection to the presence service at the moment; it is being restored."
  }
}

/** The server did not answer in time. */
export class RequestTimeout extends Schema.TaggedError<RequestTimeout>()("RequestTimeout", {
  /** What was asked for, as the protocol calls it. */
  method: Schema.String
}) {
  override get message() {
    return `The presence service did not answer ${this.method} in time.`
  }
}

/** The server answered with an error. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  /** What was asked for, as the protocol calls it. */
  method: Schema.String,
  /** The server's JSON-RPC error code. */
  code: Schema.Finite,
  /** What the server said. */
  detail: Schema.String
}) {
  override get message() {
    return `The presence service refused ${this.method}: ${this.detail} (${this.code}).`
  }
}

/**
 * A message could not be delivered. The connection itself is looked after: a failed send needs no
 * answer from the caller.
 *
 * @example
 * transport.send(message).pipe(Effect.catchReason("TransportError", "Rejected", (r) => Effect.logWarning(r.message)))
 */
export class TransportError extends Schema.TaggedError<TransportError>()("TransportError", {
  /** Why, by its `_tag`. */
  reason: Schema.Union([NotConnected, RequestTimeout, Rejected])
}) {
  override get message() {
    return this.reason.message
  }
}

/** The {@link TransportError} of a message that finds no connection. */
export const notConnected = new TransportError({ reason: new NotConnected() })

/**
 * The connection to one room. It says goodbye for whoever announced before it changes its user, and
 * before the page goes.
 *
 * Layers: `BifurTransport.layer` (a WebSocket), `TestTransport.layer` (memory).
 *
 * @example
 * const transport = yield* Transport
 * yield* transport.send({ _tag: "RollCall", sessionId })
 */
export class Transport extends Context.Service<
  Transport,
  {
    /**
     * One ordered stream with one reader, `Presence`; what arrives together comes as one chunk.
     * Signals wait until they are read.
     */
    readonly signals: Stream.Stream<TransportSignal>
    /** Succeeds when the server has answered. Never waits for a connection: without one it fails. */
    readonly send: (message: TransportMessage) => Effect.Effect<void, TransportError>
    /** Ends a wait between two attempts, or a permanent status, at once. */
    readonly retryNow: Effect.Effect<void>
    /** How the connection is. It is never waited for: building the layer begins with `Connecting`. */
    readonly status: SubscriptionRef.SubscriptionRef<ConnectionStatus>
  }
>()("effect-sanity-presence/Transport") {}
