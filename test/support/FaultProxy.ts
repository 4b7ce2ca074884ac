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
import { type AddressInfo, connect, createServer, type Server } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { CutAfter, Direction } from "./faultProxy/CutPoint.ts"
import { type Faults, type HowToClose, noFaults } from "./faultProxy/Lane.ts"
import { Link, type Surroundings } from "./faultProxy/Link.ts"

export type { CutAfter, Direction } from "./faultProxy/CutPoint.ts"

export type Directions = Direction | "both"

export interface FaultProxyOptions {
  /** Of the random generator. 1 unless told. */
  readonly seed?: number
  /** More are destroyed at once. 2,000 unless told. */
  readonly maxConnections?: number
  /** Bytes that wait in one direction of one connection; more destroy it. 64 MiB unless told. */
  readonly maxQueued?: number
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
