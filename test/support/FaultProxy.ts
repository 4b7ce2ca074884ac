/**
 * A TCP proxy on loopback that misbehaves on command, as networks do.
 *
 * Bytes from the client to the server go "up", the others "down". A fault holds for the directions
 * it names, on open and on new connections, until `heal`. Without faults bytes pass at once, and so
 * does the end of a side: a FIN as a FIN, a reset as a reset.
 *
 * Bytes pass the faults in this order: black hole, corruption, merging, delay, throttle, splitting,
 * `cutAfter`. All chance comes from one seeded generator: the same chunks meet the same fate.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** "up" is from the client to the server. */
export type Direction = "up" | "down"

export type Directions = Direction | "both"

export interface FaultProxyOptions {
  /** Of the random generator. 1 unless told. */
  readonly seed?: number
  /** More are destroyed at once. 2,000 unless told. */
  readonly maxConnections?: number
  /** Bytes that wait in one direction of one connection; more destroy it. 64 MiB unless told. */
  readonly maxQueued?: number
}

export interface CutAfter {
  readonly direction: Direction
  /** How many bytes pass before the cut. */
  readonly bytes: number
  /**
   * Where counting starts: with the connection (unless told), or behind the HTTP head of this
   * direction, that is behind its first empty line.
   */
  readonly bytesFrom?: "start" | "handshake"
}

export interface FaultProxy {
  readonly url: string
  /** Closes every open connection on both sides; new ones are let through. */
  readonly cut: Effect.Effect<void>
  /** The same with a reset (RST) for both sides. */
  readonly reset: Effect.Effect<void>
  /** While on, new connections are destroyed at once; open ones stay. */
  readonly refuse: (on: boolean) => Effect.Effect<void>
  /**
   * Swallows the bytes of a direction, delayed ones included. Nobody learns of it: a FIN or a reset
   * is withheld too, until `heal` or a cut.
   */
  readonly blackHole: (direction: Directions) => Effect.Effect<void>
  /**
   * Holds every chunk, and the end of a side, for `millis` and a random part of `jitter`. Keeps the
   * order.
   */
  readonly delay: (options: {
    readonly millis: number
    readonly jitter?: number
    readonly direction?: Directions
  }) => Effect.Effect<void>
  /** Lets no more bytes pass in a second than this, per connection and direction. */
  readonly throttle: (bytesPerSecond: number, direction?: Directions) => Effect.Effect<void>
  /** Changes one random byte of a chunk, with this probability; "down" unless told. */
  readonly corrupt: (probability: number, direction?: Directions) => Effect.Effect<void>
  /** Writes pieces of at most `size` bytes, each in its own turn of the event loop. */
  readonly split: (size: number, direction?: Directions) => Effect.Effect<void>
  /** Collects the bytes that come within `millis` of a first one and writes them as one. */
  readonly merge: (millis: number, direction?: Directions) => Effect.Effect<void>
  /** Cuts the next connection, and only that, where so many bytes of a direction have passed. */
  readonly cutAfter: (cut: CutAfter) => Effect.Effect<void>
  /**
   * Ends every fault, `refuse` and a `cutAfter` that has not struck included. What was swallowed
   * stays lost; what is delayed passes now, in order.
   */
  readonly heal: Effect.Effect<void>
  /** How many connections are open; one of which a side is still open is. */
  readonly connections: Effect.Effect<number>
  /** How many connections came in ever, refused ones included. */
  readonly accepted: Effect.Effect<number>
  /** How many bytes were forwarded in all. */
  readonly bytes: Effect.Effect<{ readonly up: number; readonly down: number }>
}

interface Faults {
  readonly isBlackHole: boolean
  readonly corruption: number
  readonly mergeMillis: number
  readonly delayMillis: number
  readonly jitterMillis: number
  readonly bytesPerSecond: number
  readonly pieceSize: number
}

const noFaults: Faults = {
  isBlackHole: false,
  corruption: 0,
  mergeMillis: 0,
  delayMillis: 0,
  jitterMillis: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  pieceSize: Number.POSITIVE_INFINITY
}

/** What all connections have in common in one direction. */
interface Road {
  faults: Faults
  forwarded: number
}

/** What all connections have in common. */
interface Surroundings {
  readonly roads: Readonly<Record<Direction, Road>>
  readonly random: () => number
  readonly maxQueued: number
  /** The open ones. */
  readonly links: Set<Link>
}

/** mulberry32: from 0 up to 1. */
const makeRandom = (seed: number) => {
  let state = seed
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
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

const headEnd = "\r\n\r\n"

/** Counts bytes up to the point where a connection is to be cut. */
class CutPoint {
  private left: number
  /** The last bytes of an HTTP head that has not ended; its end may come in pieces. */
  private headTail: Buffer | undefined

  constructor({ bytes, bytesFrom }: CutAfter) {
    this.left = bytes
    this.headTail = bytesFrom === "handshake" ? Buffer.alloc(0) : undefined
  }

  get isReached(): boolean {
    return this.headTail === undefined && this.left === 0
  }

  /** How many of these bytes may pass. */
  admit(bytes: Buffer): number {
    const uncounted = this.lengthOfHead(bytes)
    const counted = Math.min(this.left, bytes.length - uncounted)
    this.left -= counted
    return uncounted + counted
  }

  private lengthOfHead(bytes: Buffer): number {
    if (this.headTail === undefined) return 0
    const seen = Buffer.concat([this.headTail, bytes])
    const end = seen.indexOf(headEnd)
    if (end === -1) {
      this.headTail = seen.subarray(1 - headEnd.length)
      return bytes.length
    }
    const length = end + headEnd.length - this.headTail.length
    this.headTail = undefined
    return length
  }
}

/** `flush` lets everything arrive that has passed. */
type HowToClose = "destroy" | "reset" | "flush"

/** One direction of one connection. */
class Lane {
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
    { maxQueued, random }: Surroundings,
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

/** One connection: two sockets and the lanes between them. */
class Link {
  /** Done when both sides are closed. */
  readonly closed = Deferred.makeUnsafe<void>()
  private readonly lanes: Readonly<Record<Direction, Lane>>
  private readonly links: Set<Link>
  private readonly open: Set<Socket>

  constructor(client: Socket, upstream: Socket, surroundings: Surroundings) {
    const { links, roads } = surroundings
    const close = (how: HowToClose) => this.close(how)
    this.links = links
    this.open = new Set([client, upstream])
    this.lanes = {
      up: new Lane(upstream, roads.up, surroundings, close),
      down: new Lane(client, roads.down, surroundings, close)
    }
    links.add(this)
    this.follow(client, this.lanes.up)
    this.follow(upstream, this.lanes.down)
  }

  /** Closes both sides. */
  close(how: HowToClose): void {
    this.stopLanes()
    for (const socket of this.open) {
      if (how === "reset") reset(socket)
      else if (how === "flush") socket.destroySoon()
      else socket.destroy()
    }
  }

  cutAfter(cut: CutAfter): void {
    const cutPoint = new CutPoint(cut)
    if (cutPoint.isReached) this.close("flush")
    this.lanes[cut.direction].cutPoint = cutPoint
  }

  swallow(): void {
    this.lanes.up.swallow()
    this.lanes.down.swallow()
  }

  heal(): void {
    this.lanes.up.heal()
    this.lanes.down.heal()
  }

  private follow(source: Socket, lane: Lane): void {
    source.on("data", (chunk) => lane.receive(chunk))
    source.on("end", () => lane.finish("end"))
    // The close that follows says so, too.
    source.on("error", () => undefined)
    source.on("close", (hadError) => {
      this.open.delete(source)
      if (hadError) lane.finish("reset")
      if (this.open.size === 0) this.end()
    })
  }

  private end(): void {
    this.stopLanes()
    this.links.delete(this)
    Deferred.doneUnsafe(this.closed, Effect.void)
  }

  private stopLanes(): void {
    this.lanes.up.stop()
    this.lanes.down.stop()
  }
}

const reset = (socket: Socket): void => {
  // libuv resets no socket whose FIN is just being sent, and Node would lose it open.
  const isEnding = socket.writableEnded && !socket.writableFinished
  if (socket.destroyed || isEnding) socket.destroy()
  else socket.resetAndDestroy()
}

const listen = (server: Server): Effect.Effect<AddressInfo> =>
  Effect.callback((resume) => {
    server.once("error", (error) => resume(Effect.die(error)))
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const isInet = typeof address === "object" && address !== null
      resume(isInet ? Effect.succeed(address) : Effect.die("the proxy has no port"))
    })
  })

const closeServer = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
  })

const closeLinks = (links: ReadonlySet<Link>, how: HowToClose): Effect.Effect<void> =>
  Effect.suspend(() => {
    const all = Array.from(links)
    for (const link of all) link.close(how)
    return Effect.forEach(all, ({ closed }) => Deferred.await(closed), { discard: true })
  })

/** A mistake of the test is a defect, not a proxy that quietly does something else. */
const check = (name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): void => {
  if (!(value >= min && value <= max)) throw new RangeError(`${name} can't be ${value}`)
}

/** A proxy to the server at `target`, on a free port, until the scope closes. */
export const make = Effect.fnUntraced(function* (
  target: string,
  { maxConnections = 2_000, maxQueued = 64 * 2 ** 20, seed = 1 }: FaultProxyOptions = {}
): Effect.fn.Return<FaultProxy, never, Scope.Scope> {
  const { hostname, port } = new URL(target)
  const sockets = { allowHalfOpen: true, noDelay: true }
  const roads: Surroundings["roads"] = {
    up: { faults: noFaults, forwarded: 0 },
    down: { faults: noFaults, forwarded: 0 }
  }
  const links = new Set<Link>()
  const surroundings = { roads, random: makeRandom(seed), maxQueued, links }
  let accepted = 0
  let isRefusing = false
  let nextCut: CutAfter | undefined

  const server = createServer(sockets, (client) => {
    accepted++
    if (isRefusing || links.size >= maxConnections) return client.destroy()
    const upstream = connect({ ...sockets, host: hostname, port: Number(port) })
    const link = new Link(client, upstream, surroundings)
    if (nextCut !== undefined) link.cutAfter(nextCut)
    nextCut = undefined
  })

  const set = (direction: Directions, faults: Partial<Faults>): void => {
    for (const road of direction === "both" ? [roads.up, roads.down] : [roads[direction]]) {
      road.faults = { ...road.faults, ...faults }
    }
  }

  yield* Effect.addFinalizer(() =>
    Effect.all([closeServer(server), closeLinks(links, "destroy")], {
      concurrency: "unbounded",
      discard: true
    })
  )
  const address = yield* listen(server)
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut: closeLinks(links, "destroy"),
    reset: closeLinks(links, "reset"),
    refuse: (on) => Effect.sync(() => void (isRefusing = on)),
    blackHole: (direction) =>
      Effect.sync(() => {
        set(direction, { isBlackHole: true })
        for (const link of links) link.swallow()
      }),
    delay: ({ direction = "both", jitter = 0, millis }) =>
      Effect.sync(() => {
        check("millis", millis, 0)
        check("jitter", jitter, 0)
        set(direction, { delayMillis: millis, jitterMillis: jitter })
      }),
    throttle: (bytesPerSecond, direction = "both") =>
      Effect.sync(() => {
        check("bytesPerSecond", bytesPerSecond, 1)
        set(direction, { bytesPerSecond })
      }),
    corrupt: (probability, direction = "down") =>
      Effect.sync(() => {
        check("probability", probability, 0, 1)
        set(direction, { corruption: probability })
      }),
    split: (size, direction = "both") =>
      Effect.sync(() => {
        check("size", size, 1)
        set(direction, { pieceSize: size })
      }),
    merge: (millis, direction = "both") =>
      Effect.sync(() => {
        check("millis", millis, 0)
        set(direction, { mergeMillis: millis })
      }),
    cutAfter: (cut) =>
      Effect.sync(() => {
        check("bytes", cut.bytes, 0)
        nextCut = cut
      }),
    heal: Effect.sync(() => {
      isRefusing = false
      nextCut = undefined
      set("both", noFaults)
      for (const link of links) link.heal()
    }),
    connections: Effect.sync(() => links.size),
    accepted: Effect.sync(() => accepted),
    bytes: Effect.sync(() => ({ up: roads.up.forwarded, down: roads.down.forwarded }))
  }
})
