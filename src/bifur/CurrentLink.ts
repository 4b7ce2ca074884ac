/**
 * The one socket that the machine has at a time, and whom the others know by it.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { PresenceConfigShape } from "../PresenceConfig.ts"
import { SessionId } from "../Session.ts"
import { notConnected, type TransportError, type TransportMessage } from "../Transport.ts"
import { toRequest } from "./BifurEvent.ts"
import type { Link } from "./Connection.ts"

/**
 * - `begin`: a connection runs, in this fiber; `opened`: it has a socket; `ended`: it closes by itself.
 * - `send` fails while there is no socket. `rollCall` asks for an answer, whoever asks.
 * - `goodbye` is the `disconnect` of whoever announced here, undefined where nobody did.
 * - `close` begins the closing handshake within the call.
 */
export interface CurrentLink {
  readonly begin: (connection: Fiber.Fiber<unknown, unknown>) => void
  readonly opened: (link: Link) => void
  readonly ended: () => void
  readonly get: () => Link | undefined
  readonly send: (message: TransportMessage) => Effect.Effect<unknown, TransportError>
  readonly rollCall: () => Effect.Effect<unknown, TransportError>
  readonly goodbye: () => Effect.Effect<unknown, TransportError> | undefined
  readonly close: () => void
}

/** No socket yet. */
export const make = ({ requestTimeout: timeout }: PresenceConfigShape): CurrentLink => {
  let connection: Fiber.Fiber<unknown, unknown> | undefined
  let link: Link | undefined
  let lastSession = SessionId.make("")
  // Whom the others know by this connection.
  let present: SessionId | undefined

  const send: CurrentLink["send"] = (message) => {
    if (link === undefined) return Effect.fail(notConnected)
    if (message._tag === "Announce") present = message.sessionId
    if (message._tag === "Disconnect") present = undefined
    lastSession = message.sessionId
    const { method, params } = toRequest(message)
    return link.rpc.request(method, params, { timeout })
  }

  return {
    begin: (fiber) => {
      connection = fiber
    },
    opened: (opened) => {
      link = opened
    },
    ended: () => {
      // Interrupted, it would wait for a handshake that has failed.
      connection = undefined
    },
    get: () => link,
    send,
    rollCall: () => send({ _tag: "RollCall", sessionId: lastSession }),
    goodbye: () =>
      link === undefined || present === undefined
        ? undefined
        : send({ _tag: "Disconnect", sessionId: present }),
    close: () => {
      link?.closeNow()
      link = undefined
      present = undefined
      connection?.interruptUnsafe()
    }
  }
}
