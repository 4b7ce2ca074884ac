/**
 * Requests and their replies on one socket.
 */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { notConnected, Rejected, RequestTimeout, TransportError } from "../Transport.ts"
import { encodeRequest, type Frame } from "./JsonRpc.ts"

/** The params of a request; the API version is added to them. */
export interface Params {
  readonly [key: string]: unknown
}

/**
 * - `request` succeeds with the result of the reply. `onReply` runs within the frame that brought
 *   it, before any later frame is looked at.
 * - `settle` takes a reply, and answers whether anybody asked for it.
 * - `end` fails everything that waits and whatever is asked later.
 */
export interface Rpc {
  readonly request: (
    method: string,
    params: Params,
    options: {
      readonly timeout: Duration.Duration
      readonly onReply?: ((result: unknown) => void) | undefined
    }
  ) => Effect.Effect<unknown, TransportError>
  readonly settle: (frame: Extract<Frame, { _tag: "Reply" | "ErrorReply" }>) => boolean
  readonly end: () => void
}

interface Waiting {
  readonly method: string
  readonly reply: Deferred.Deferred<unknown, TransportError>
  readonly onReply: ((result: unknown) => void) | undefined
}

/**
 * Requests over `write`, with ids that count up.
 *
 * @param redact takes secrets out of what the server says
 */
export const make = (
  write: (text: string) => Effect.Effect<void, TransportError>,
  redact: (text: string) => string
): Rpc => {
  const waiting = new Map<string, Waiting>()
  let lastId = 0
  let ended = false

  return {
    request: (method, params, { onReply, timeout }) =>
      Effect.suspend(() => {
        if (ended) return Effect.fail(notConnected)
        const id = `${++lastId}`
        const reply = Deferred.makeUnsafe<unknown, TransportError>()
        waiting.set(id, { method, reply, onReply })
        return write(encodeRequest(id, method, params)).pipe(
          Effect.andThen(
            Effect.timeoutOrElse(Deferred.await(reply), {
              duration: timeout,
              orElse: () =>
                Effect.fail(new TransportError({ reason: new RequestTimeout({ method }) }))
            })
          ),
          Effect.ensuring(Effect.sync(() => waiting.delete(id)))
        )
      }),

    settle: (frame) => {
      const id = Number(frame.id)
      const request = waiting.get(String(frame.id))
      // One that comes too late was asked for all the same.
      if (request === undefined) return id > 0 && id <= lastId
      waiting.delete(String(frame.id))
      if (frame._tag === "Reply") {
        request.onReply?.(frame.result)
        Deferred.doneUnsafe(request.reply, Effect.succeed(frame.result))
        return true
      }
      const { code, message } = frame.error
      const rejected = new Rejected({ method: request.method, code, detail: redact(message) })
      Deferred.doneUnsafe(request.reply, Effect.fail(new TransportError({ reason: rejected })))
      return true
    },

    end: () => {
      ended = true
      for (const { reply } of waiting.values()) {
        Deferred.doneUnsafe(reply, Effect.fail(notConnected))
      }
      waiting.clear()
    }
  }
}
