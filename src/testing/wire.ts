/**
 * Events as the frames of a test room, through the same schemas as on a socket. Pure.
 */
import {
  type Decoded,
  decodePresence,
  notificationMethod,
  toBifurEvent
} from "../bifur/BifurEvent.ts"
import { decodeFrame, encodeNotification, type MalformedReason } from "../bifur/JsonRpc.ts"
import type { Limits } from "../PresenceConfig.ts"
import type { TransportEvent } from "../Transport.ts"

const subscription = "test-room"

/** The frame that tells a subscriber of an event. */
export const encode = (event: TransportEvent): string =>
  encodeNotification(notificationMethod, { subscription, result: toBifurEvent(event) })

/** What a frame says: an event if it holds one, and what had to be left out. */
export const decode = (
  text: string,
  limits: Limits
):
  | Omit<Decoded, "subscription">
  | { readonly event: undefined; readonly dropped: ReadonlyArray<MalformedReason> } => {
  const frame = decodeFrame(text)
  switch (frame._tag) {
    case "Notification":
      return decodePresence(frame.params, limits)
    case "Malformed":
      return { event: undefined, dropped: [frame.reason] }
    default:
      return { event: undefined, dropped: [] }
  }
}
