/**
 * One direction of one connection, and the faults that its bytes pass.
 */
import type { Socket } from "node:net"
import type { CutPoint } from "./CutPoint.ts"

export interface Faults {
  readonly isBlackHole: boolean
  readonly corruption: number
  readonly mergeMillis: number
  readonly delayMillis: number
  readonly jitterMillis: number
  readonly bytesPerSecond: number
  readonly pieceSize: number
}

export const noFaults: Faults = {
  isBlackHole: false,
  corruption: 0,
  mergeMillis: 0,
  delayMillis: 0,
  jitterMillis: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  pieceSize: Number.POSITIVE_INFINITY
}

/** What all connections have in common in one direction. */
export interface Road {
  faults: Faults
  forwarded: number
}

/** The chance that all lanes share, and how many bytes may wait in one. */
export interface LaneSurroundings {
  readonly random: () => number
  readonly maxQueued: number
}

/** Chunks that leave together. */
interface Batch {
  chunks: Array<Buffer>
  readonly mergesUntil: number
  due: number
}

const joined = (batch: Batch): Buffer => {
  const [first, ...rest] = batch.chunks
  if (first !== undefined && rest.length === 0) return first
  const bytes = Buffer.concat(batch.chunks)
  batch.chunks = [bytes]
  return bytes
}

/** `flush` lets everything arrive that has passed. */
export type HowToClose = "destroy" | "reset" | "flush"

/** One direction of one connection. */
export class Lane {
  cutPoint: CutPoint | undefined
  private readonly destination: Socket
  private readonly road: Road
  private readonly random: () => number
  private readonly maxQueued: number
  private readonly closeLink: (how: HowToClose) => void
  private queue: Array<Batch> = []
  private queued = 0
  /** How the source ended, behind all that is queued. */
  private ending: { readonly how: "end" | "reset"; due: number } | undefined
  /** When the throttle lets the next byte pass. */
  private freeAt = 0
  private cancelPause: (() => void) | undefined
  private isStopped = false

  constructor(
    destination: Socket,
    road: Road,
    { maxQueued, random }: LaneSurroundings,
    closeLink: (how: HowToClose) => void
  ) {
    this.destination = destination
    this.road = road
    this.random = random
    this.maxQueued = maxQueued
    this.closeLink = closeLink
  }

  receive(chunk: Buffer): void {
    if (this.isStopped || this.road.faults.isBlackHole) return
    this.corrupt(chunk)
    this.enqueue(chunk)
    const isOverflowing = this.queued + this.destination.writableLength > this.maxQueued
    if (isOverflowing) this.closeLink("destroy")
    else this.pump()
  }

  finish(how: "end" | "reset"): void {
    if (this.isStopped) return
    this.ending = { how, due: performance.now() + this.latency() }
    this.pump()
  }

  /** Loses what is under way, where there is a black hole. */
  swallow(): void {
    if (this.road.faults.isBlackHole) this.drop()
  }

  /** The faults are gone: nothing waits any longer. */
  heal(): void {
    this.cutPoint = undefined
    this.freeAt = 0
    for (const batch of this.queue) batch.due = 0
    if (this.ending !== undefined) this.ending.due = 0
    this.endPause()
    this.pump()
  }

  stop(): void {
    this.isStopped = true
    this.endPause()
    this.drop()
    this.ending = undefined
  }

  private drop(): void {
    this.queue = []
    this.queued = 0
  }

  private corrupt(chunk: Buffer): void {
    const { corruption } = this.road.faults
    if (corruption === 0 || this.random() >= corruption) return
    const index = Math.floor(this.random() * chunk.length)
    // Never xor with 0: that would leave the byte as it is.
    chunk.writeUInt8(chunk.readUInt8(index) ^ (1 + Math.floor(this.random() * 255)), index)
  }

  private enqueue(chunk: Buffer): void {
    const { mergeMillis } = this.road.faults
    const now = performance.now()
    const last = this.queue.at(-1)
    this.queued += chunk.length
    if (last !== undefined && now < last.mergesUntil) {
      last.chunks.push(chunk)
      return
    }
    const mergesUntil = now + mergeMillis
    this.queue.push({ chunks: [chunk], mergesUntil, due: mergesUntil + this.latency() })
  }

  private latency(): number {
    const { delayMillis, jitterMillis } = this.road.faults
    return jitterMillis === 0 ? delayMillis : delayMillis + this.random() * jitterMillis
  }

  /** Forwards what may pass now. Only the head is looked at, which keeps the order. */
  private pump(): void {
    while (this.cancelPause === undefined && !this.road.faults.isBlackHole) {
      const [batch] = this.queue
      const head = batch ?? this.ending
      if (head === undefined) return
      const millis = Math.max(head.due, this.freeAt) - performance.now()
      if (millis > 0) this.pause(millis)
      else if (batch === undefined) this.end()
      else this.forwardPiece(batch)
    }
  }

  private forwardPiece(batch: Batch): void {
    const { bytesPerSecond, pieceSize } = this.road.faults
    const bytes = joined(batch)
    // A hundredth of a second at once is smooth, and well above the resolution of timers.
    const size = Math.min(bytes.length, pieceSize, Math.ceil(bytesPerSecond / 100))
    if (size === bytes.length) this.queue.shift()
    else batch.chunks = [bytes.subarray(size)]
    this.queued -= size
    this.freeAt = Math.max(this.freeAt, performance.now()) + (size / bytesPerSecond) * 1_000
    if (Number.isFinite(pieceSize)) this.pauseForTurn()
    this.forward(bytes.subarray(0, size))
  }

  private forward(bytes: Buffer): void {
    if (this.destination.destroyed) return
    const passing = bytes.subarray(0, this.cutPoint?.admit(bytes))
    this.destination.write(passing)
    this.road.forwarded += passing.length
    if (this.cutPoint?.isReached === true) this.closeLink("flush")
  }

  private end(): void {
    const how = this.ending?.how
    this.ending = undefined
    if (how === "end") this.destination.end()
    else reset(this.destination)
  }

  private pause(millis: number): void {
    const timer = setTimeout(() => this.resume(), Math.min(Math.ceil(millis), 2 ** 31 - 1))
    this.cancelPause = () => clearTimeout(timer)
  }

  private pauseForTurn(): void {
    const immediate = setImmediate(() => this.resume())
    this.cancelPause = () => clearImmediate(immediate)
  }

  private resume(): void {
    this.cancelPause = undefined
    this.pump()
  }

  private endPause(): void {
    this.cancelPause?.()
    this.cancelPause = undefined
  }
}

export const reset = (socket: Socket): void => {
  // libuv resets no socket whose FIN is just being sent, and Node would lose it open.
  const isEnding = socket.writableEnded && !socket.writableFinished
  if (socket.destroyed || isEnding) socket.destroy()
  else socket.resetAndDestroy()
}
