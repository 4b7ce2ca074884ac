/**
 * Bifur's presence events and requests as they are on the wire, and their meaning in our terms.
 * Pure.
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { EventDropReason } from "../Drops.ts"
import { beyond, Location } from "../Location.ts"
import type { Limits } from "../PresenceConfig.ts"
import { SessionId, UserId } from "../Session.ts"
import type { TransportEvent, TransportMessage } from "../Transport.ts"
import { isRequestId } from "./JsonRpc.ts"

/** The method of the notifications that carry presence events. */
export const notificationMethod = "presence_subscription"

/** The methods of the requests. */
export const Method = {
  authorization: "authorization",
  subscribe: "presence_subscribe",
  unsubscribe: "presence_unsubscribe",
  rollCall: "presence_rollcall",
  announce: "presence_announce",
  disconnect: "presence_disconnect"
} as const

const State = Schema.Struct({
  type: Schema.Literal("state"),
  i: UserId,
  m: Schema.Struct({ sessionId: SessionId, locations: Schema.Array(Schema.Unknown) })
})
const Disconnect = Schema.Struct({
  type: Schema.Literal("disconnect"),
  i: UserId,
  m: Schema.Struct({ session: SessionId })
})
const RollCall = Schema.Struct({
  type: Schema.Literal("rollCall"),
  i: UserId,
  session: SessionId
})

/**
 * An event as the server publishes it. The server sets `i`, the user; the session is the sender's
 * word. Locations are decoded one by one: a bad one costs itself, not its session.
 */
export const BifurEvent = Schema.Union([State, Disconnect, RollCall])
export type BifurEvent = typeof BifurEvent.Type

const decodeState = Schema.decodeUnknownOption(State)
const decodeEvent = Schema.decodeUnknownOption(BifurEvent)
const decodeLocation = Schema.decodeUnknownOption(Location)
const decodeTyped = Schema.decodeUnknownOption(Schema.Struct({ type: Schema.String }))

/**
 * What a notification says: the subscription that it is for, undefined where it names none; an event
 * if it could be read; and what had to be left out.
 */
export interface Decoded {
  readonly subscription: string | undefined
  readonly event: TransportEvent | undefined
  readonly dropped: ReadonlyArray<EventDropReason>
}

const nothingDropped: ReadonlyArray<EventDropReason> = []
const noParams = { subscription: undefined, result: undefined }

/**
 * Decodes the params of a presence notification.
 *
 * @example
 * decodePresence({ subscription: "s", result: { type: "rollCall", i: "p-ada", session: "a1" } }, limits)
 */
export const decodePresence = (params: unknown, limits: Limits): Decoded => {
  const { result, subscription: id } =
    Predicate.isReadonlyObject(params) && "result" in params ? params : noParams
  const subscription = isRequestId(id) ? String(id) : undefined
  // Nearly all of them are states, and choosing within a union takes longer than decoding one.
  const event =
    Option.getOrUndefined(decodeState(result)) ?? Option.getOrUndefined(decodeEvent(result))
  return event === undefined
    ? drop(subscription, isUnknownType(result) ? "unknown-event" : "event")
    : toDecoded(subscription, event, limits)
}

const drop = (subscription: string | undefined, reason: EventDropReason): Decoded => ({
  subscription,
  event: undefined,
  dropped: [reason]
})

const toDecoded = (
  subscription: string | undefined,
  event: BifurEvent,
  limits: Limits
): Decoded => {
  if (event.i.length > limits.stringLength || sessionOf(event).length > limits.stringLength) {
    return drop(subscription, "id-length")
  }
  switch (event.type) {
    case "state": {
      const { dropped, locations } = decodeLocations(event.m.locations, limits)
      return {
        subscription,
        event: { _tag: "State", userId: event.i, sessionId: event.m.sessionId, locations },
        dropped
      }
    }
    case "disconnect":
      return {
        subscription,
        event: { _tag: "Disconnect", userId: event.i, sessionId: event.m.session },
        dropped: nothingDropped
      }
    case "rollCall":
      return {
        subscription,
        event: { _tag: "RollCall", userId: event.i, sessionId: event.session },
        dropped: nothingDropped
      }
  }
}

const sessionOf = (event: BifurEvent): SessionId => {
  switch (event.type) {
    case "state":
      return event.m.sessionId
    case "disconnect":
      return event.m.session
    case "rollCall":
      return event.session
  }
}

const isUnknownType = (result: unknown): boolean => {
  const type = Option.getOrUndefined(decodeTyped(result))?.type
  return type !== undefined && type !== "state" && type !== "disconnect" && type !== "rollCall"
}

const decodeLocations = (
  inputs: ReadonlyArray<unknown>,
  limits: Limits
): {
  readonly locations: ReadonlyArray<Location>
  readonly dropped: ReadonlyArray<EventDropReason>
} => {
  const locations: Array<Location> = []
  let dropped: Array<EventDropReason> | undefined
  const taken = inputs.length > limits.locations ? inputs.slice(0, limits.locations) : inputs
  for (const input of taken) {
    const location = Option.getOrUndefined(decodeLocation(input))
    const reason = location === undefined ? notALocation(input) : beyond(location, limits)
    if (location !== undefined && reason === undefined) locations.push(location)
    else if (reason !== undefined) (dropped ??= []).push(reason)
  }
  // One that says a million things is counted once, and costs no more.
  if (taken !== inputs) (dropped ??= []).push("locations")
  // Kept for as long as the session: an array that has grown holds room for 16 more.
  return { locations: locations.slice(), dropped: dropped ?? nothingDropped }
}

const notALocation = (input: unknown): EventDropReason => {
  const type = Option.getOrUndefined(decodeTyped(input))?.type
  return type === undefined || type === "document" ? "location" : "unknown-location"
}

/**
 * An event in our terms as the server would publish it.
 *
 * @example
 * toBifurEvent({ _tag: "RollCall", userId, sessionId }) // { type: "rollCall", i, session }
 */
export const toBifurEvent = (event: TransportEvent): BifurEvent => {
  switch (event._tag) {
    case "State":
      return {
        type: "state",
        i: event.userId,
        m: { sessionId: event.sessionId, locations: event.locations }
      }
    case "Disconnect":
      return { type: "disconnect", i: event.userId, m: { session: event.sessionId } }
    case "RollCall":
      return { type: "rollCall", i: event.userId, session: event.sessionId }
  }
}

/** The method and params of a message to the server. */
export const toRequest = (
  message: TransportMessage
): { readonly method: string; readonly params: { readonly [key: string]: unknown } } => {
  switch (message._tag) {
    case "Announce":
      return {
        method: Method.announce,
        params: { data: { sessionId: message.sessionId, locations: message.locations } }
      }
    case "RollCall":
      return { method: Method.rollCall, params: { session: message.sessionId } }
    case "Disconnect":
      return { method: Method.disconnect, params: { session: message.sessionId } }
  }
}
