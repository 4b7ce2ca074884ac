/**
 * The requests of the protocol, answered for one connection.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Method } from "../bifur/BifurEvent.ts"
import {
  CloseCode,
  decodeFrame,
  encodeErrorReply,
  encodeReply,
  ErrorCode,
  type RpcError
} from "../bifur/JsonRpc.ts"
import { SessionId } from "../Session.ts"
import { monotonicMillis } from "../Time.ts"
import { bearerToken, type RelayAuth, type RelayUser } from "./RelayAuth.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { Connection, OpenRoom } from "./Rooms.ts"

/** A connection in its room, and whose it is: nobody's until it has been authorized. */
export interface Member {
  readonly connection: Connection
  readonly room: OpenRoom
  user: RelayUser | undefined
}

type Answer = Effect.Effect<unknown, RpcError>

type Handler = (member: Member, params: unknown, user: RelayUser) => Answer

/** `presence_announce`: all the places at which a session is. */
const AnnounceParams = Schema.Struct({
  data: Schema.Struct({ sessionId: SessionId, locations: Schema.Array(Schema.Unknown) })
})

/** `presence_rollcall` and `presence_disconnect`. */
const SessionParams = Schema.Struct({ session: SessionId })

const decodeAuthorization = Schema.decodeUnknownOption(
  Schema.Struct({ authorization: Schema.String })
)
const decodeUnsubscribe = Schema.decodeUnknownOption(
  Schema.Struct({ subscriptionId: Schema.String })
)
const decodeAnnounce = Schema.decodeUnknownOption(AnnounceParams)
const decodeSession = Schema.decodeUnknownOption(SessionParams)

const refuse = (code: number, message: string): Answer => Effect.fail({ code, message })

const invalidParams = (method: string, expected: string): Answer =>
  refuse(ErrorCode.invalidParams, `${method} needs params of the form ${expected}.`)

const unauthorized = refuse(
  CloseCode.unauthorized,
  `Authorize first: send ${Method.authorization} with {authorization: "Bearer <token>"}.`
)

/** What a request that asked for nothing else is answered with. */
const done: Answer = Effect.succeed({ ok: true })

const disconnect = (member: Member, params: unknown, user: RelayUser): Answer => {
  const session = Option.getOrUndefined(decodeSession(params))?.session
  if (session === undefined) return invalidParams(Method.disconnect, "{session}")
  const { connection, room } = member
  const goodbye = room.table.disconnect(connection.id, user.id, session)
  if (goodbye !== undefined) room.publish([goodbye])
  return done
}

const unsubscribe = (member: Member, params: unknown): Answer => {
  const subscription = Option.getOrUndefined(decodeUnsubscribe(params))?.subscriptionId
  if (subscription === undefined) return invalidParams(Method.unsubscribe, "{subscriptionId}")
  return member.room.unsubscribe(member.connection, subscription)
    ? done
    : refuse(ErrorCode.invalidParams, "There is no such subscription on this connection.")
}

/**
 * Answers the text frames of one connection. The effect it gives ends when the frame has been
 * dealt with, whatever was in it, and never fails.
 */
export const makeRequests = (
  auth: RelayAuth["Service"],
  settings: RelaySettings
): ((member: Member, text: string) => Effect.Effect<void>) => {
  const authorize = Effect.fn("Relay.authorize")(function* (member: Member, params: unknown) {
    const authorization = Option.getOrUndefined(decodeAuthorization(params))?.authorization
    if (authorization === undefined) {
      return yield* invalidParams(Method.authorization, `{authorization: "Bearer <token>"}`)
    }
    const user = yield* bearerToken(authorization).pipe(
      Effect.flatMap(auth.authenticate),
      Effect.mapError(({ message }): RpcError => ({ code: CloseCode.unauthorized, message }))
    )
    const { connection, room } = member
    if (member.user !== undefined && member.user.id !== user.id) {
      room.publish(room.table.leave(connection.id))
    }
    member.user = user
    // Without the user: the id of one is a token in development.
    yield* Effect.logDebug(`connection ${connection.id} authorized`)
    return { ok: true }
  })

  const announce = Effect.fnUntraced(function* (member: Member, params: unknown, user: RelayUser) {
    const data = Option.getOrUndefined(decodeAnnounce(params))?.data
    if (data === undefined) {
      return yield* invalidParams(Method.announce, "{data: {sessionId, locations}}")
    }
    const { connection, room } = member
    const now = yield* monotonicMillis
    room.publish([room.table.announce(connection.id, user.id, data.sessionId, data.locations, now)])
    return { ok: true }
  })

  const rollCall = Effect.fnUntraced(function* (member: Member, params: unknown, user: RelayUser) {
    const session = Option.getOrUndefined(decodeSession(params))?.session
    if (session === undefined) return yield* invalidParams(Method.rollCall, "{session}")
    const { connection, room } = member
    if (settings.rollCall === "forward") {
      room.publish([room.table.rollCall(user.id, session)])
    } else if (room.isSubscribed(connection)) {
      for (const { frame } of room.table.present(yield* monotonicMillis)) connection.send(frame)
    }
    return { ok: true }
  })

  const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
    [Method.subscribe, ({ connection, room }) => Effect.sync(() => room.subscribe(connection))],
    [Method.unsubscribe, unsubscribe],
    [Method.rollCall, rollCall],
    [Method.announce, announce],
    [Method.disconnect, disconnect]
  ])

  const answer = (member: Member, method: string, params: unknown): Answer => {
    if (method === Method.authorization) return authorize(member, params)
    const handler = handlers.get(method)
    if (handler === undefined) {
      return refuse(ErrorCode.methodNotFound, `This relay has no method ${method.slice(0, 64)}.`)
    }
    return member.user === undefined ? unauthorized : handler(member, params, member.user)
  }

  return (member, text) => {
    const frame = decodeFrame(text)
    switch (frame._tag) {
      case "Request": {
        const { connection } = member
        return Effect.match(answer(member, frame.method, frame.params), {
          onFailure: (error) => connection.send(encodeErrorReply(frame.id, error)),
          onSuccess: (result) => connection.send(encodeReply(frame.id, result))
        })
      }
      case "Notification":
        // JSON-RPC: it counts, but it is not answered.
        return Effect.ignore(answer(member, frame.method, frame.params))
      case "Malformed":
        return Effect.sync(() => member.connection.send(malformedReply[frame.reason]))
      default:
        return Effect.void
    }
  }
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
