/**
 * The sending side of one WebSocket: replies, events, and what happens where the other side does not
 * keep up.
 */
import type { Duplex } from "node:stream"
import type { WebSocket } from "@effect/platform-node/NodeWS"
import { monotonicNow } from "./Clock.ts"
import type { Owner } from "./Owner.ts"
import type { RelayCounts } from "./RelayCounts.ts"
import type { Publication } from "./Publication.ts"
import { textFrame } from "./WebSocketFrame.ts"

/** What is asked of a WebSocket; events are written past it. */
type Peer = Pick<
  WebSocket,
  "readyState" | "isPaused" | "pause" | "resume" | "ping" | "close" | "terminate"
>

/** `WebSocket.OPEN`. */
const open = 1

/** The close code that asks to come back later. */
export const tryAgainLater = 1013

/** How long the other side has to answer a close before it is cut off, in milliseconds. */
export const closeGrace = 500

/** Replies that wait to be read, in bytes; more has no reader. */
const maxUnreadReplies = 1024 * 1024

/** Sessions of which a slow reader still has to be told. */
const maxPending = 20_000

/** What is written at once to a reader that reads again, in bytes. */
const catchUpSize = 64 * 1024

/**
 * An open WebSocket. Nothing here waits, and nothing throws: a connection that cannot take a frame
 * ends alone.
 *
 * While the socket's buffer is full, events are kept as the latest of each session, and written when
 * there is room again: a reader of any speed learns where everyone is, and a slow one costs no more
 * than a place in a map for each session.
 */
export class Connection {
  readonly owner: Owner
  /** When something last came from the other side, on the clock that never goes back. */
  heardAt = monotonicNow()
  readonly #webSocket: Peer
  readonly #socket: Duplex
  readonly #counts: RelayCounts
  #pending: Map<string, Buffer> | undefined
  #stalledAt: number | undefined
  #isSentAway = false
  #isHeldUp = false
  #pauseTimer: NodeJS.Timeout | undefined

  constructor(owner: Owner, webSocket: Peer, socket: Duplex, counts: RelayCounts) {
    this.owner = owner
    this.#webSocket = webSocket
    this.#socket = socket
    this.#counts = counts
    socket.on("drain", this.#catchUp)
  }

  /** False as soon as either side has said that it closes: nothing may follow that. */
  get isOpen(): boolean {
    return this.#webSocket.readyState === open
  }

  /** Whether this side has closed it and asked to come back later. */
  get isSentAway(): boolean {
    return this.#isSentAway
  }

  /** Since when a full buffer has not moved, on the clock that never goes back. */
  get stalledAt(): number | undefined {
    return this.#stalledAt
  }

  /** Bytes and events that wait for the other side to read. */
  get queued(): { readonly bytes: number; readonly events: number } {
    return { bytes: this.#socket.writableLength, events: this.#pending?.size ?? 0 }
  }

  /** A text frame for this connection alone. */
  send(text: string): void {
    if (!this.isOpen) return
    if (this.#socket.writableLength > maxUnreadReplies) return this.#giveUp()
    if (!this.#socket.write(textFrame(text))) this.#stalledAt ??= monotonicNow()
  }

  /** Events, and the bytes of all of them, which are everyone's. */
  deliver(publications: ReadonlyArray<Publication>, bytes: Buffer): void {
    if (!this.isOpen) return
    if (this.#pending === undefined && !this.#socket.writableNeedDrain) {
      this.#socket.write(bytes)
      return
    }
    this.#keep(publications)
    if (this.queued.events > maxPending) this.#giveUp()
  }

  /** Events for this connection alone, a piece at a time: there may be as many as sessions. */
  catchUpOn(publications: ReadonlyArray<Publication>): void {
    if (!this.isOpen || publications.length === 0) return
    this.#keep(publications)
    this.#writePending()
  }

  /** Whether nothing is read for now: the other side's silence means nothing then. */
  get isPaused(): boolean {
    return this.#webSocket.isPaused
  }

  /** Reads nothing more: what comes waits in the network. The other side's end is not noticed either. */
  pause(): void {
    this.#isHeldUp = true
    this.#webSocket.pause()
  }

  /** Reads on, unless it is still paused for a time. */
  resume(): void {
    this.#isHeldUp = false
    this.#readOn()
  }

  /** The same as {@link pause}, for a time in milliseconds; of several the last counts. */
  pauseFor(time: number): void {
    this.#webSocket.pause()
    clearTimeout(this.#pauseTimer)
    this.#pauseTimer = setTimeout(() => {
      this.#pauseTimer = undefined
      this.#readOn()
    }, time).unref()
  }

  /** Ends what {@link pauseFor} began. */
  endPause(): void {
    clearTimeout(this.#pauseTimer)
    this.#pauseTimer = undefined
    this.#readOn()
  }

  /** Asks for an answer, whatever runs on the other side: WebSockets answer it themselves. */
  ping(): void {
    if (this.isOpen) this.#webSocket.ping()
  }

  /** Says why, then ends the connection, with or without an answer from the other side. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return
    this.#pending = undefined
    this.#stalledAt = undefined
    this.#isSentAway = code === tryAgainLater
    this.#webSocket.close(code, reason)
    // The answer is read, and what has come before it, or the other side would be told of a reset.
    this.endPause()
    this.resume()
    setTimeout(() => this.#webSocket.terminate(), closeGrace).unref()
  }

  /** Ends the connection without a word: nobody listens. */
  terminate(): void {
    this.#pending = undefined
    clearTimeout(this.#pauseTimer)
    this.#webSocket.terminate()
  }

  /** The connection is of no use, for itself or for others. */
  #giveUp(): void {
    this.#counts.refuse("slow-reader")
    this.close(tryAgainLater, "too slow: this connection did not read what it was sent")
  }

  /** A time in which the relay stood still, in milliseconds, is no silence of the other side. */
  forgive(time: number): void {
    this.heardAt += time
    if (this.#stalledAt !== undefined) this.#stalledAt += time
  }

  /** Closes the connection where it has not read anything for a time, in milliseconds. */
  giveUpAfter(timeout: number, now: number): void {
    if (this.#stalledAt !== undefined && now - this.#stalledAt >= timeout) this.#giveUp()
  }

  #readOn(): void {
    if (this.#isHeldUp || this.#pauseTimer !== undefined || !this.isPaused) return
    this.heardAt = monotonicNow()
    this.#webSocket.resume()
  }

  #keep(publications: ReadonlyArray<Publication>): void {
    this.#pending ??= new Map()
    this.#stalledAt ??= monotonicNow()
    for (const { frame, key } of publications) {
      // Deleted first, so that it stands where it belongs in the order of arrival.
      if (this.#pending.delete(key)) this.#counts.conflatedForSlow++
      this.#pending.set(key, frame)
    }
  }

  readonly #catchUp = (): void => {
    this.#stalledAt = this.#pending === undefined ? undefined : monotonicNow()
    if (this.isOpen) this.#writePending()
  }

  #writePending(): void {
    const pending = this.#pending
    if (pending === undefined) return
    while (pending.size > 0 && !this.#socket.writableNeedDrain) {
      this.#socket.write(takeBytes(pending, catchUpSize))
    }
    if (pending.size > 0) return
    this.#pending = undefined
    this.#stalledAt = undefined
  }
}

/** Takes frames out of the front of a map, up to a size or one. */
const takeBytes = (pending: Map<string, Buffer>, size: number): Buffer => {
  const frames: Array<Buffer> = []
  let length = 0
  for (const [key, frame] of pending) {
    if (length > 0 && length + frame.length > size) break
    length += frame.length
    frames.push(frame)
    pending.delete(key)
  }
  return Buffer.concat(frames, length)
}
