/**
 * What a room publishes. Pure.
 */
import { type BifurEvent, notificationMethod } from "../bifur/BifurEvent.ts"
import type { Owner } from "./Owner.ts"
import { keptTextFrame, textStart } from "./WebSocketFrame.ts"

/** What follows the event in its frame. */
const end = "}}"

/**
 * An event, and the one frame that carries it to every subscriber of the room. The frame is all that is
 * kept of the event: as values, one of many small ones would take many times the memory of its text.
 *
 * - `key`: what it is about. Of two publications with the same key, the later says it all.
 * - `sender`: the connection that it is from.
 * - `at`: not to be published before, so that who announces too often is conflated.
 */
export class Publication {
  readonly key: string
  readonly sender: Owner
  readonly at: number
  readonly frame: Buffer
  /** Where the event starts in the frame. */
  readonly #start: number

  constructor(key: string, sender: Owner, at: number, frame: Buffer, start: number) {
    this.key = key
    this.sender = sender
    this.at = at
    this.frame = frame
    this.#start = start
  }

  /** The event as JSON. */
  get text(): string {
    return this.frame.toString("utf8", this.#start, this.frame.length - end.length)
  }

  /** The event, read anew on each call. */
  get event(): BifurEvent {
    return JSON.parse(this.text)
  }
}

/** What all frames of a room have before their event: its subscribers share the id of their subscription. */
export class FrameStart {
  readonly text: string
  readonly size: number

  constructor(subscription: string) {
    this.text = `{"jsonrpc":"2.0","method":"${notificationMethod}","params":{"subscription":${JSON.stringify(subscription)},"result":`
    this.size = Buffer.byteLength(this.text)
  }
}

/** An event as all subscribers of a room get it. */
export const publicationOf = (
  subscription: string,
  key: string,
  event: BifurEvent,
  sender: Owner,
  at: number
): Publication =>
  publicationOfText(new FrameStart(subscription), key, JSON.stringify(event), sender, at)

/** The same of an event that is JSON already. */
export const publicationOfText = (
  start: FrameStart,
  key: string,
  event: string,
  sender: Owner,
  at: number
): Publication => {
  // As long as its session is, among many that are not.
  const frame = keptTextFrame(start.text + event + end)
  return new Publication(key, sender, at, frame, textStart(frame) + start.size)
}
