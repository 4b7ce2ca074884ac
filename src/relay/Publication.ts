/**
 * What a room publishes. Pure.
 */
import { type BifurEvent, notificationMethod } from "../bifur/BifurEvent.ts"
import { encodeNotification } from "../bifur/JsonRpc.ts"
import type { Owner } from "./Owner.ts"
import { textFrame } from "./WebSocketFrame.ts"

/**
 * An event, and the one frame that carries it to every subscriber of the room.
 *
 * - `key`: what it is about. Of two publications with the same key, the later says it all.
 * - `sender`: the connection that it is from.
 * - `at`: not to be published before, so that who announces too often is conflated.
 */
export interface Publication {
  readonly key: string
  readonly event: BifurEvent
  readonly sender: Owner
  readonly at: number
  readonly frame: Buffer
}

/** An event as all subscribers of a room get it: they share the id of their subscription. */
export const publicationOf = (
  subscription: string,
  key: string,
  event: BifurEvent,
  sender: Owner,
  at: number
): Publication => {
  const text = encodeNotification(notificationMethod, { subscription, result: event })
  return { key, event, sender, at, frame: textFrame(text) }
}
