/**
 * The framing of Bifur's protocol: JSON-RPC 2.0 in text frames, and a heartbeat that is a single
 * character. Pure; both the client and the relay read and write through it.
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/** The frame that a server sends to say that it is alive. */
export const heartbeat = "♥"

/** Sent in the params of every request. */
export const apiVersion = "v1"

/** The JSON-RPC error codes that Bifur answers with. */
export const ErrorCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602
} as const

/** The WebSocket close codes that are permanent: trying again without a change is pointless. */
export const CloseCode = { badRequest: 4000, unauthorized: 4001, notFound: 4004 } as const

/** The id of a request. Ours are strings; JSON-RPC allows numbers too. */
export type RequestId = string | number

/** A refusal, as an error reply carries it. */
export const RpcError = Schema.Struct({ code: Schema.Finite, message: Schema.String })
export type RpcError = typeof RpcError.Type

/** A frame from the other side, sorted. */
export type Frame =
  | { readonly _tag: "Heartbeat" }
  | {
      readonly _tag: "Request"
      readonly id: RequestId
      readonly method: string
      readonly params: unknown
    }
  | { readonly _tag: "Notification"; readonly method: string; readonly params: unknown }
  | { readonly _tag: "Reply"; readonly id: RequestId; readonly result: unknown }
  | { readonly _tag: "ErrorReply"; readonly id: RequestId | undefined; readonly error: RpcError }
  | { readonly _tag: "Malformed"; readonly reason: MalformedReason }

/** Why a frame could not be read: not JSON at all, or JSON that is no JSON-RPC message. */
export type MalformedReason = "json" | "json-rpc"

const decodeError = Schema.decodeUnknownOption(RpcError)

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return notJson
  }
}

/** JSON has no symbols. */
const notJson = Symbol("not JSON")

/** Whether it is the id of a request, or of a subscription. */
export const isRequestId = (id: unknown): id is RequestId =>
  typeof id === "string" || (typeof id === "number" && Number.isFinite(id))

/**
 * Sorts a text frame. Total: whatever cannot be read is `Malformed`.
 *
 * A reply whose `error` member has an unknown shape is still an error reply: taking it for success
 * is how a refused authorization goes unnoticed.
 *
 * @example
 * decodeFrame("♥") // { _tag: "Heartbeat" }
 */
export const decodeFrame = (text: string): Frame => {
  if (text === heartbeat) return { _tag: "Heartbeat" }
  const json = parseJson(text)
  if (json === notJson) return { _tag: "Malformed", reason: "json" }
  // By hand: all that the envelope says is which kind of frame it is, and there is one per event.
  if (!Predicate.isReadonlyObject(json) || json["jsonrpc"] !== "2.0") return notJsonRpc
  const { error, id, method, params, result } = json
  if (id != null && !isRequestId(id)) return notJsonRpc
  if (method !== undefined) {
    if (typeof method !== "string") return notJsonRpc
    return id == null
      ? { _tag: "Notification", method, params }
      : { _tag: "Request", id, method, params }
  }
  if (error != null) {
    return {
      _tag: "ErrorReply",
      id: id ?? undefined,
      error: Option.getOrElse(decodeError(error), () => ({ code: 0, message: "Unknown error" }))
    }
  }
  return id == null ? notJsonRpc : { _tag: "Reply", id, result }
}

const notJsonRpc: Frame = { _tag: "Malformed", reason: "json-rpc" }

/** A request as a text frame. */
export const encodeRequest = (
  id: RequestId,
  method: string,
  params: { readonly [key: string]: unknown }
): string => JSON.stringify({ jsonrpc: "2.0", method, params: { ...params, apiVersion }, id })

/** A successful reply as a text frame. */
export const encodeReply = (id: RequestId, result: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", id, result })

/** A refusal as a text frame; the id is null where the request could not be read. */
export const encodeErrorReply = (id: RequestId | null, error: RpcError): string =>
  JSON.stringify({ jsonrpc: "2.0", id, error })

/** A notification as a text frame. */
export const encodeNotification = (method: string, params: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", method, params })
