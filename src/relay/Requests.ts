/**
 * The requests of the protocol, answered for one connection.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Method } from "../bifur/BifurEvent.ts"
import {
  CloseCode,
  decodeFrame,
  encodeErrorReply,
  encodeReply,
  ErrorCode,
  type RequestId
} from "../bifur/JsonRpc.ts"
import { makeAnnounce } from "./Announce.ts"
import { type Answer, done, type Handler, invalidParams, refuse } from "./Answer.ts"
import type { Authorizer } from "./Authorizer.ts"
import { monotonicNow } from "./Clock.ts"
import { tryAgainLater } from "./Connection.ts"
import { isHeldUp, isPresent, type Member } from "./Member.ts"
import type { RelayCounts } from "./RelayCounts.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import { makeRollCall, sessionOf } from "./RollCall.ts"

/**
 * Requests that may wait for an authorization to be decided. With the first of them reading stops: the
 * rest is what had come in the same read, 64 KiB at most.
 */
const maxWaiting = 100

/**
 * Frames that a connection may send before it is authorized. Clients send one; those that take a refusal
 * for success go on as if they were in, a few a second.
 */
const maxUnauthorized = 20

/** The close code of WebSockets for what is not allowed here, whatever it is. */
const policyViolation = 1008

const decodeAuthorization = Schema.decodeUnknownOption(
  Schema.Struct({ authorization: Schema.String })
)
const decodeUnsubscribe = Schema.decodeUnknownOption(
  Schema.Struct({ subscriptionId: Schema.String })
)

const unauthorized = refuse(
  CloseCode.unauthorized,
  `Authorize first: send ${Method.authorization} with {authorization: "Bearer <token>"}.`
)

const subscribe: Handler = ({ connection, room }) => ({ result: room.subscribe(connection) })

const unsubscribe: Handler = ({ connection, room }, params) => {
  const subscription = Option.getOrUndefined(decodeUnsubscribe(params))?.subscriptionId
  if (subscription === undefined) return invalidParams(Method.unsubscribe, "{subscriptionId}")
  return room.unsubscribe(connection, subscription)
    ? done
    : refuse(ErrorCode.invalidParams, "There is no such subscription on this connection.")
}

const disconnect: Handler = ({ connection, room, user }, params) => {
  const session = sessionOf(params)
  if (session === undefined) return invalidParams(Method.disconnect, "{session}")
  room.publish(room.table.disconnect(connection.owner, user.id, session, monotonicNow()))
  return done
}

/**
 * Answers the text frames of one connection, whatever is in them, in their order: what comes while
 * an authorization is being decided waits for it.
 */
export const makeRequests = (
  authorizer: Authorizer,
  settings: Pick<
    RelaySettings,
    | "maxBytesPerUser"
    | "maxFrameSize"
    | "maxSessionsPerConnection"
    | "maxSessionsPerUser"
    | "rollCall"
    | "rollCallInterval"
  >,
  counts: RelayCounts
): ((member: Member, text: string) => void) => {
  const rollCall = makeRollCall(settings)
  const announce = makeAnnounce(settings, counts)

  const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
    [Method.subscribe, subscribe],
    [Method.unsubscribe, unsubscribe],
    [Method.rollCall, rollCall],
    [Method.announce, announce],
    [Method.disconnect, disconnect]
  ])

  const answer = (member: Member, method: string, params: unknown): Answer => {
    const handler = handlers.get(method)
    if (handler === undefined) {
      return refuse(ErrorCode.methodNotFound, `This relay has no method ${method.slice(0, 64)}.`)
    }
    return isPresent(member) ? handler(member, params) : unauthorized
  }

  const authorize = (member: Member, id: RequestId | undefined, params: unknown): void => {
    const authorization = Option.getOrUndefined(decodeAuthorization(params))?.authorization
    if (authorization === undefined) {
      return reply(
        member,
        id,
        invalidParams(Method.authorization, `{authorization: "Bearer <token>"}`)
      )
    }
    const waiting: Array<string> = []
    member.waiting = waiting
    authorizer.authorize(member, authorization, (refusal) => {
      member.waiting = undefined
      reply(member, id, refusal === undefined ? done : refuse(CloseCode.unauthorized, refusal))
      for (const text of waiting) handle(member, text)
      // One of them may have been another token, for which the others wait now.
      if (!isHeldUp(member)) member.connection.resume()
    })
  }

  const handle = (member: Member, text: string): void => {
    if (!member.connection.isOpen) return
    if (member.waiting !== undefined) {
      member.waiting.push(text)
      member.connection.pause()
      if (member.waiting.length <= maxWaiting) return
      counts.refuse("requests")
      member.connection.close(tryAgainLater, "too many requests before the authorization")
      return
    }
    const isStranger = !isPresent(member)
    if (isStranger && ++member.unauthorized > maxUnauthorized) {
      counts.refuse("requests")
      return member.connection.close(
        CloseCode.unauthorized,
        "too many requests without an authorization"
      )
    }
    const frame = decodeFrame(text)
    switch (frame._tag) {
      case "Request":
      case "Notification": {
        // JSON-RPC: a notification counts, but it is not answered.
        const id = frame._tag === "Request" ? frame.id : undefined
        if (frame.method === Method.authorization) authorize(member, id, frame.params)
        else reply(member, id, answer(member, frame.method, frame.params))
        return
      }
      case "Malformed":
        member.connection.send(malformedReply[frame.reason])
        // Whoever has shown no token gets no second chance to cost something.
        if (isStranger) {
          counts.refuse("requests")
          member.connection.close(policyViolation, "this is no request; authorize first")
        }
        return
      default:
        return
    }
  }

  return handle
}

const reply = ({ connection }: Member, id: RequestId | undefined, answer: Answer): void => {
  if (id === undefined) return
  connection.send(
    "error" in answer ? encodeErrorReply(id, answer.error) : encodeReply(id, answer.result)
  )
}

const malformedReply = {
  json: encodeErrorReply(null, {
    code: ErrorCode.parseError,
    message: "This frame is not JSON. Send one JSON-RPC 2.0 request per text frame."
  }),
  "json-rpc": encodeErrorReply(null, {
    code: ErrorCode.invalidRequest,
    message: "This frame is not a JSON-RPC 2.0 request."
  })
}
