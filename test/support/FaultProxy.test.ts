import type { EventEmitter } from "node:events"
import { createServer as createHttpServer } from "node:http"
import { connect, createServer, type Server, type Socket } from "node:net"
import { setImmediate as nextTurn } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as FaultProxy from "./FaultProxy.ts"

/** Fails where what a test waits for does not come. */
const soon = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
  Effect.timeoutOrElse(effect, {
    duration: "20 seconds",
    orElse: () => Effect.die(`waited in vain for ${what}`)
  })

/** Waits until the condition holds, which is looked at after each of the events. */
const untilEvent = (
  emitter: EventEmitter,
  events: ReadonlyArray<string>,
  holds: () => boolean
): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const leave = () => {
      for (const event of events) emitter.off(event, look)
    }
    const look = () => {
      if (!holds()) return
      leave()
      resume(Effect.void)
    }
    for (const event of events) emitter.on(event, look)
    look()
    return Effect.sync(leave)
  })

/** One end of a TCP connection, and what it saw. */
class Peer {
  readonly socket: Socket
  readonly chunks: Array<Buffer> = []
  hasEnded = false
  /** `undefined` while open, the code of the error or "closed" after. */
  end: string | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on("data", (chunk) => this.chunks.push(chunk))
    socket.on("end", () => (this.hasEnded = true))
    socket.on("error", (error) => (this.end = "code" in error ? String(error.code) : error.message))
    socket.on("close", () => (this.end ??= "closed"))
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get text(): string {
    return this.received.toString("latin1")
  }

  send(bytes: string | Uint8Array): Effect.Effect<void> {
    return Effect.callback((resume) => {
      this.socket.write(bytes, () => resume(Effect.void))
    })
  }

  /** Sends each in a turn of the event loop of its own, so that they are chunks of their own. */
  sendApart(pieces: ReadonlyArray<string>): Effect.Effect<void> {
    return Effect.forEach(
      pieces,
      (piece) =>
        Effect.andThen(
          this.send(piece),
          Effect.promise(() => nextTurn())
        ),
      { discard: true }
    )
  }

  /** Sends a FIN; resumes when it is sent. */
  get finish(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      this.socket.end(() => resume(Effect.void))
    })
  }

  until(what: string, holds: () => boolean): Effect.Effect<void> {
    return soon(what, untilEvent(this.socket, ["data", "end", "close"], holds))
  }

  untilText(text: string): Effect.Effect<void> {
    return this.until(`${JSON.stringify(text)}, not ${this.text}`, () => this.text === text)
  }

  get closed(): Effect.Effect<string | undefined> {
    return Effect.map(
      this.until("the close", () => this.socket.closed && this.end !== undefined),
      () => this.end
    )
  }
}

const urlOf = (server: Server): string => {
  const address = server.address()
  const isInet = typeof address === "object" && address !== null
  if (!isInet) throw new Error("the server has no port")
  return `http://127.0.0.1:${address.port}`
}

/** A server that hands over its ends of the connections. */
const listen = Effect.gen(function* () {
  const arrivals = yield* Queue.unbounded<Peer>()
  const peers: Array<Peer> = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new Peer(socket)
    peers.push(peer)
    Queue.offerUnsafe(arrivals, peer)
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const { socket } of peers) socket.destroy()
      })
  )
  return {
    url: urlOf(server),
    peers,
    next: soon("a connection", Queue.take(arrivals)),
    open: Effect.callback<number>((resume) => {
      server.getConnections((_, count) => resume(Effect.succeed(count)))
    })
  }
})

const dial = (url: string) =>
  Effect.acquireRelease(
    Effect.callback<Peer>((resume) => {
      const socket = connect({
        port: Number(new URL(url).port),
        host: "127.0.0.1",
        allowHalfOpen: true,
        noDelay: true
      })
      const peer = new Peer(socket)
      socket.on("connect", () => resume(Effect.succeed(peer)))
      socket.on("error", () => resume(Effect.succeed(peer)))
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

/** A proxy, the server behind it, and a way to connect through the one to the other. */
const setUp = Effect.fnUntraced(function* (options?: FaultProxy.FaultProxyOptions) {
  const server = yield* listen
  const proxy = yield* FaultProxy.make(server.url, options)
  const pair = Effect.gen(function* () {
    const client = yield* dial(proxy.url)
    return { client, remote: yield* server.next }
  })
  return { server, proxy, pair }
})

/** One end of a WebSocket, and what it saw. */
class WebSocketPeer {
  readonly socket: NodeWS.WebSocket
  readonly messages: Array<string> = []
  hasOpened = false
  closeCode: number | undefined

  constructor(socket: NodeWS.WebSocket) {
    this.socket = socket
    socket.on("open", () => (this.hasOpened = true))
    socket.on("message", (data) => this.messages.push(String(data)))
    socket.on("error", () => undefined)
    socket.on("close", (code) => (this.closeCode = code))
  }

  until(what: string, holds: () => boolean): Effect.Effect<void> {
    return soon(what, untilEvent(this.socket, ["open", "message", "close"], holds))
  }

  get closed(): Effect.Effect<number | undefined> {
    return Effect.map(
      this.until("the close", () => this.closeCode !== undefined),
      () => this.closeCode
    )
  }
}

/** A proxy, a WebSocket server behind it, and a way to connect through the one to the other. */
const setUpWebSocket = Effect.gen(function* () {
  const arrivals = yield* Queue.unbounded<WebSocketPeer>()
  const server = createHttpServer()
  const webSockets = new NodeWS.WebSocketServer({ server })
  webSockets.on("connection", (socket) => {
    Queue.offerUnsafe(arrivals, new WebSocketPeer(socket))
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        for (const socket of webSockets.clients) socket.terminate()
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const proxy = yield* FaultProxy.make(urlOf(server))
  const dialWebSocket = Effect.acquireRelease(
    Effect.sync(() => new WebSocketPeer(new NodeWS.WebSocket(proxy.url.replace(/^http/, "ws")))),
    ({ socket }) => Effect.sync(() => socket.terminate())
  )
  /** Both ends; the client has opened, or failed to. */
  const webSocketPair = Effect.gen(function* () {
    const client = yield* dialWebSocket
    const remote = yield* soon("a connection", Queue.take(arrivals))
    yield* client.until("open", () => client.hasOpened || client.closeCode !== undefined)
    return { client, remote }
  })
  const aside = yield* listen
  /** A round trip beside the proxy: what was sent before has reached the proxy. */
  const direct = Effect.scoped(
    Effect.gen(function* () {
      const client = yield* dial(aside.url)
      yield* roundTrip(client, yield* aside.next, "a")
    })
  )
  return { proxy, webSocketPair, direct }
})

/** Asks through the proxy and waits for the answer: what came before has been dealt with. */
const roundTrip = Effect.fnUntraced(function* (from: Peer, to: Peer, text: string) {
  const [before, answerBefore] = [to.text, from.text]
  yield* from.send(text)
  yield* to.untilText(before + text)
  yield* to.send(text)
  yield* from.untilText(answerBefore + text)
})

const pieces = Array.from({ length: 200 }, (_, index) => `${index};`)
const allPieces = pieces.join("")

/** Bytes in which every place can be told from its neighbours. */
const pattern = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31) % 251))

const differences = (one: Buffer, other: Buffer): ReadonlyArray<number> =>
  Array.from(one.keys()).filter((index) => one[index] !== other[index])

describe("a proxy without faults", () => {
  it.live("passes bytes and ends both ways, each end by itself, and counts", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* client.send("question")
      yield* remote.untilText("question")
      yield* client.finish
      yield* remote.until("the end", () => remote.hasEnded)
      assert.strictEqual(yield* proxy.connections, 1)
      yield* remote.send("an answer")
      yield* client.untilText("an answer")
      assert.isFalse(client.hasEnded)
      yield* remote.finish
      assert.deepStrictEqual([yield* client.closed, yield* remote.closed], ["closed", "closed"])
      assert.deepStrictEqual(yield* proxy.bytes, { up: 8, down: 9 })
      assert.strictEqual(yield* proxy.accepted, 1)
    })
  )

  it.live("passes a reset as a reset", () =>
    Effect.gen(function* () {
      const { pair } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      client.socket.resetAndDestroy()
      assert.strictEqual(yield* remote.closed, "ECONNRESET")
    })
  )

  it.live("resets the client where nobody listens at the target", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(Effect.map(listen, (server) => server.url))
      const proxy = yield* FaultProxy.make(url)
      const client = yield* dial(proxy.url)
      assert.strictEqual(yield* client.closed, "ECONNRESET")
    })
  )
})

describe("cut, reset and refuse", () => {
  it.live("cut closes every connection on both sides and lets new ones through", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const pairs = [yield* pair, yield* pair]
      for (const { client, remote } of pairs) yield* roundTrip(client, remote, "a")
      assert.strictEqual(yield* proxy.connections, 2)
      yield* proxy.cut
      assert.strictEqual(yield* proxy.connections, 0)
      for (const { client, remote } of pairs) {
        yield* client.until("the end", () => client.hasEnded)
        yield* remote.until("the end", () => remote.hasEnded)
        assert.deepStrictEqual([client.end, remote.end], [undefined, undefined])
      }
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "b")
      assert.strictEqual(yield* proxy.accepted, 3)
    })
  )

  it.live("reset resets every connection on both sides and lets new ones through", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.reset
      assert.strictEqual(yield* proxy.connections, 0)
      assert.strictEqual(yield* client.closed, "ECONNRESET")
      assert.strictEqual(yield* remote.closed, "ECONNRESET")
      assert.isFalse(client.hasEnded || remote.hasEnded)
      const next = yield* pair
      yield* roundTrip(next.client, next.remote, "b")
    })
  )

  it.live("reset closes a socket whose end is just being passed on, too", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.blackHole("up")
      yield* client.finish
      yield* remote.send("a")
      yield* client.untilText("a")
      // In one turn: healing sends the withheld FIN.
      yield* soon("the reset", Effect.andThen(proxy.heal, proxy.reset))
      assert.strictEqual(yield* proxy.connections, 0)
      yield* remote.until("the end", () => remote.hasEnded || remote.end !== undefined)
    })
  )

  it.live("refuse destroys new connections, counts them, and leaves open ones alone", () =>
    Effect.gen(function* () {
      const { pair, proxy, server } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.refuse(true)
      for (const attempt of [yield* dial(proxy.url), yield* dial(proxy.url)]) {
        yield* attempt.until("the end", () => attempt.hasEnded || attempt.end !== undefined)
      }
      yield* roundTrip(client, remote, "a")
      assert.strictEqual(server.peers.length, 1)
      assert.strictEqual(yield* proxy.accepted, 3)
      assert.strictEqual(yield* proxy.connections, 1)
      yield* proxy.refuse(false)
      const next = yield* pair
      yield* roundTrip(next.client, next.remote, "b")
    })
  )
})

describe("blackHole", () => {
  it.live("up swallows what the client sends and its end, nothing else, until heal", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const early = yield* pair
      yield* roundTrip(early.client, early.remote, "a")
      yield* proxy.blackHole("up")
      const late = yield* pair
      for (const { client, remote } of [early, late]) {
        const [before, remoteBefore] = [client.text, remote.text]
        yield* client.send("lost")
        yield* remote.send("news")
        yield* client.untilText(`${before}news`)
        assert.strictEqual(remote.text, remoteBefore)
      }
      yield* late.client.finish
      yield* late.remote.send("!")
      yield* late.client.untilText("news!")
      assert.isFalse(late.remote.hasEnded)
      assert.deepStrictEqual(yield* proxy.bytes, { up: 1, down: 10 })
      yield* proxy.heal
      yield* late.remote.until("the withheld end", () => late.remote.hasEnded)
      assert.strictEqual(late.remote.text, "")
      yield* early.client.send("found")
      yield* early.remote.untilText("afound")
    })
  )

  it.live("down swallows what the server sends and its end, nothing else, until heal", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      yield* proxy.blackHole("down")
      const { client, remote } = yield* pair
      yield* remote.send("lost")
      yield* client.send("news")
      yield* remote.untilText("news")
      yield* remote.finish
      yield* client.send("!")
      yield* remote.untilText("news!")
      assert.deepStrictEqual([client.text, client.hasEnded], ["", false])
      yield* proxy.heal
      yield* client.until("the withheld end", () => client.hasEnded)
      assert.strictEqual(client.text, "")
    })
  )

  it.live("withholds a reset too, and passes it on when healed", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.blackHole("up")
      client.socket.resetAndDestroy()
      yield* client.closed
      const other = yield* pair
      yield* other.remote.send("b")
      yield* other.client.untilText("b")
      assert.strictEqual(remote.end, undefined)
      assert.strictEqual(yield* proxy.connections, 2)
      yield* proxy.heal
      assert.strictEqual(yield* remote.closed, "ECONNRESET")
    })
  )

  it.live("swallows what was delayed", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.delay({ millis: 60_000, direction: "up" })
      yield* client.send("lost")
      yield* remote.send("b")
      yield* client.untilText("ab")
      yield* proxy.blackHole("up")
      yield* proxy.heal
      yield* client.send("c")
      yield* remote.until("more", () => remote.text.length > 1)
      assert.strictEqual(remote.text, "ac")
    })
  )

  it.live("both swallows everything, and no socket notices", () =>
    Effect.gen(function* () {
      const { direct, proxy, webSocketPair } = yield* setUpWebSocket
      const { client, remote } = yield* webSocketPair
      yield* proxy.blackHole("both")
      client.socket.send("lost")
      remote.socket.send("lost")
      const late = yield* dial(proxy.url)
      yield* late.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      yield* direct
      assert.deepStrictEqual([client.messages, remote.messages, late.text], [[], [], ""])
      assert.deepStrictEqual(
        [client.closeCode, remote.closeCode, late.end],
        [undefined, undefined, undefined]
      )
      assert.strictEqual(yield* proxy.connections, 2)
      yield* proxy.heal
      client.socket.send("found")
      remote.socket.send("found")
      yield* client.until("the message", () => client.messages.length > 0)
      yield* remote.until("the message", () => remote.messages.length > 0)
      assert.deepStrictEqual([client.messages, remote.messages], [["found"], ["found"]])
      yield* proxy.blackHole("both")
      client.socket.terminate()
      yield* client.closed
      yield* direct
      assert.strictEqual(remote.closeCode, undefined)
      yield* proxy.cut
      assert.strictEqual(yield* remote.closed, 1006)
      yield* late.until("the end", () => late.hasEnded || late.end !== undefined)
    })
  )
})

describe("delay", () => {
  it.live("holds every chunk and the end that long, in the named direction", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.delay({ millis: 150, direction: "down" })
      const start = performance.now()
      yield* remote.send("b")
      yield* client.untilText("ab")
      assert.isAtLeast(performance.now() - start, 150)
      const end = performance.now()
      yield* remote.finish
      yield* client.until("the end", () => client.hasEnded)
      assert.isAtLeast(performance.now() - end, 150)
    })
  )

  it.live("adds a random part of the jitter, and keeps the order", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.delay({ millis: 0, jitter: 40 })
      const start = performance.now()
      for (let count = 1; count <= 10; count++) yield* roundTrip(client, remote, "a")
      // Twenty draws: 400 ms on average, and always the same with this seed.
      assert.isAtLeast(performance.now() - start, 200)
      yield* client.sendApart(pieces)
      yield* remote.until("all pieces", () => remote.text.length === 10 + allPieces.length)
      assert.strictEqual(remote.text, "a".repeat(10) + allPieces)
    })
  )

  it.live("what is delayed arrives in order when healed, before what comes later", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.delay({ millis: 60_000, direction: "up" })
      yield* client.sendApart(pieces)
      yield* remote.send("b")
      yield* client.untilText("b")
      assert.strictEqual(remote.text, "")
      yield* proxy.heal
      yield* client.send("end")
      yield* remote.untilText(`${allPieces}end`)
    })
  )
})

describe("throttle, split and merge", () => {
  it.live("throttle lets every byte pass, in its time, and the end after them", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.throttle(100_000)
      const start = performance.now()
      yield* client.send(pattern(30_000))
      yield* client.finish
      yield* remote.until("the end", () => remote.hasEnded)
      assert.isAtLeast(performance.now() - start, 290)
      assert.isTrue(remote.received.equals(Buffer.concat([Buffer.from("a"), pattern(30_000)])))
    })
  )

  it.live("split cuts what is sent at once into pieces that arrive one by one", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.split(3)
      yield* client.send(pattern(3_000))
      yield* remote.until("all bytes", () => remote.received.length === 3_000)
      assert.isTrue(remote.received.equals(pattern(3_000)))
      // The kernel may join some again.
      assert.isAtLeast(remote.chunks.length, 500)
    })
  )

  it.live("a WebSocket opens and carries messages byte by byte", () =>
    Effect.gen(function* () {
      const { proxy, webSocketPair } = yield* setUpWebSocket
      yield* proxy.split(1)
      const { client, remote } = yield* webSocketPair
      client.socket.send(allPieces)
      remote.socket.send(allPieces)
      yield* client.until("the message", () => client.messages.length > 0)
      yield* remote.until("the message", () => remote.messages.length > 0)
      assert.deepStrictEqual([client.messages, remote.messages], [[allPieces], [allPieces]])
    })
  )

  it.live("merge writes what comes apart as one", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      // Gives each write a turn of its own, so that two would not be read as one.
      yield* proxy.split(allPieces.length)
      const apart = yield* pair
      yield* apart.client.sendApart(pieces)
      yield* apart.remote.untilText(allPieces)
      yield* proxy.merge(300, "up")
      const merged = yield* pair
      const start = performance.now()
      yield* merged.client.sendApart(pieces)
      yield* merged.remote.untilText(allPieces)
      assert.isAtLeast(performance.now() - start, 300)
      // One, but for a machine that is too busy to read them all in time.
      assert.isBelow(merged.remote.chunks.length, apart.remote.chunks.length / 10)
    })
  )
})

describe("corrupt", () => {
  it.live("changes one byte of every chunk from the server, none from the client", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.corrupt(1)
      for (let count = 1; count <= 20; count++) {
        yield* client.send(pattern(64))
        yield* remote.until("the chunk", () => remote.received.length === 64 * count)
        yield* remote.send(pattern(64))
        yield* client.until("the chunk", () => client.received.length === 64 * count)
        const [sent, received] = [remote, client].map((peer) => peer.received.subarray(-64))
        assert.deepStrictEqual(sent, pattern(64))
        assert.strictEqual(differences(pattern(64), received ?? Buffer.of()).length, 1)
      }
    })
  )

  it.live("the same seed changes the same bytes to the same values, another one others", () =>
    Effect.gen(function* () {
      const corrupted = (seed: number) =>
        Effect.scoped(
          Effect.gen(function* () {
            const { pair, proxy } = yield* setUp({ seed })
            const { client, remote } = yield* pair
            yield* proxy.corrupt(0.5, "up")
            for (let count = 1; count <= 40; count++) {
              yield* client.send(pattern(64))
              yield* remote.until("the chunk", () => remote.received.length === 64 * count)
            }
            return remote.received
          })
        )
      const clean = Buffer.concat(Array.from({ length: 40 }, () => pattern(64)))
      const [one, same, other] = [yield* corrupted(7), yield* corrupted(7), yield* corrupted(8)]
      assert.isTrue(one.equals(same))
      assert.isFalse(one.equals(other))
      for (const received of [one, other]) {
        const count = differences(clean, received).length
        assert.isTrue(count >= 10 && count <= 30, `${count} of 40 chunks`)
      }
    })
  )
})

describe("cutAfter", () => {
  const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  /** What reaches the server of a head and a frame that are sent at once. */
  const arriving = Effect.fnUntraced(function* (
    cut: Omit<FaultProxy.CutAfter, "direction">,
    pieceSize?: number
  ) {
    const { pair, proxy } = yield* setUp()
    if (pieceSize !== undefined) yield* proxy.split(pieceSize)
    yield* proxy.cutAfter({ direction: "up", ...cut })
    const { client, remote } = yield* pair
    yield* client.send(`${head}frame\r\n\r\n`)
    yield* remote.until("the end", () => remote.hasEnded)
    yield* client.until("the end", () => client.hasEnded)
    assert.strictEqual((yield* proxy.bytes).up, remote.text.length)
    assert.strictEqual(yield* proxy.connections, 0)
    return remote.text
  }, Effect.scoped)

  it.live("lets exactly so many bytes pass", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* arriving({ bytes: 10 }), head.slice(0, 10))
      assert.strictEqual(yield* arriving({ bytes: 0, bytesFrom: "start" }), "")
      assert.strictEqual(yield* arriving({ bytes: 10 }, 1), head.slice(0, 10))
      for (const pieceSize of [undefined, 1, 2, 3, 7]) {
        const from = (bytes: number) => arriving({ bytes, bytesFrom: "handshake" }, pieceSize)
        assert.strictEqual(yield* from(0), head)
        assert.strictEqual(yield* from(3), `${head}fra`)
        assert.strictEqual(yield* from(7), `${head}frame\r\n`)
      }
    })
  )

  it.live("after no bytes at all cuts at once", () =>
    Effect.gen(function* () {
      const { proxy, server } = yield* setUp()
      yield* proxy.cutAfter({ direction: "down", bytes: 0 })
      const client = yield* dial(proxy.url)
      yield* client.until("the end", () => client.hasEnded)
      yield* dial(proxy.url)
      yield* server.next
      assert.strictEqual(yield* proxy.connections, 1)
    })
  )

  it.live("cuts the next connection only, neither open ones nor later ones", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const open = yield* pair
      yield* roundTrip(open.client, open.remote, "a")
      yield* proxy.cutAfter({ direction: "up", bytes: 1 })
      yield* roundTrip(open.client, open.remote, "bc")
      const next = yield* pair
      yield* next.remote.send("down does not count")
      yield* next.client.untilText("down does not count")
      const later = yield* pair
      yield* next.client.send("de")
      yield* next.remote.until("the end", () => next.remote.hasEnded)
      assert.strictEqual(next.remote.text, "d")
      for (const { client, remote } of [open, later]) yield* roundTrip(client, remote, "fg")
    })
  )

  it.live("in the handshake: the WebSocket never opens, the next one does", () =>
    Effect.gen(function* () {
      const { proxy, webSocketPair } = yield* setUpWebSocket
      yield* proxy.cutAfter({ direction: "down", bytes: 20 })
      const failed = yield* webSocketPair
      assert.strictEqual(yield* failed.client.closed, 1006)
      assert.isFalse(failed.client.hasOpened)
      assert.strictEqual((yield* proxy.bytes).down, 20)
      assert.strictEqual(yield* failed.remote.closed, 1006)
      const { client } = yield* webSocketPair
      assert.isTrue(client.hasOpened)
    })
  )

  it.live("in a frame: the WebSocket opens, and its first message never comes", () =>
    Effect.gen(function* () {
      const { proxy, webSocketPair } = yield* setUpWebSocket
      yield* proxy.cutAfter({ direction: "down", bytes: 3, bytesFrom: "handshake" })
      const { client, remote } = yield* webSocketPair
      assert.isTrue(client.hasOpened)
      remote.socket.send("message")
      assert.strictEqual(yield* client.closed, 1006)
      assert.deepStrictEqual(client.messages, [])
      const next = yield* webSocketPair
      next.remote.socket.send("message")
      yield* next.client.until("the message", () => next.client.messages.length > 0)
    })
  )
})

describe("heal", () => {
  it.live("ends every fault", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      yield* Effect.all([
        proxy.blackHole("both"),
        proxy.delay({ millis: 60_000, jitter: 60_000 }),
        proxy.throttle(1),
        proxy.corrupt(1, "both"),
        proxy.split(1),
        proxy.merge(60_000),
        proxy.cutAfter({ direction: "up", bytes: 0 }),
        proxy.refuse(true)
      ])
      yield* proxy.heal
      const { client, remote } = yield* pair
      yield* client.send(pattern(1_000))
      yield* remote.until("all bytes", () => remote.received.length === 1_000)
      assert.isTrue(remote.received.equals(pattern(1_000)))
      assert.strictEqual(remote.chunks.length, 1)
      yield* remote.send(pattern(1_000))
      yield* client.until("all bytes", () => client.received.length === 1_000)
      assert.isTrue(client.received.equals(pattern(1_000)))
    })
  )
})

describe("bounds", () => {
  it.live("a connection with too much in its queue is destroyed, no other", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp({ maxQueued: 1_000 })
      const [within, beyond] = [yield* pair, yield* pair]
      // What has left the queue does not count.
      for (const { client, remote } of [within, beyond]) {
        yield* roundTrip(client, remote, "a".repeat(700))
        yield* roundTrip(client, remote, "a".repeat(700))
      }
      yield* proxy.delay({ millis: 60_000, direction: "up" })
      yield* within.client.send(pattern(1_000))
      yield* beyond.client.send(pattern(1_001))
      yield* beyond.client.until("the end", () => beyond.client.hasEnded)
      yield* beyond.remote.until("the end", () => beyond.remote.hasEnded)
      yield* within.remote.send("b")
      yield* within.client.until("the answer", () => within.client.text.endsWith("b"))
      assert.strictEqual(yield* proxy.connections, 1)
    })
  )

  it.live("so is one whose receiver does not read", () =>
    Effect.gen(function* () {
      const { pair } = yield* setUp({ maxQueued: 2 ** 20 })
      const { client, remote } = yield* pair
      remote.socket.pause()
      client.socket.write(Buffer.alloc(64 * 2 ** 20))
      yield* client.closed
    })
  )

  it.live("one connection too many is destroyed", () =>
    Effect.gen(function* () {
      const { pair, proxy, server } = yield* setUp({ maxConnections: 2 })
      const [first] = [yield* pair, yield* pair]
      const third = yield* dial(proxy.url)
      yield* third.until("the end", () => third.hasEnded || third.end !== undefined)
      yield* roundTrip(first.client, first.remote, "a")
      assert.strictEqual(server.peers.length, 2)
      assert.strictEqual(yield* proxy.connections, 2)
    })
  )

  it.live("what can't be done is a defect", () =>
    Effect.gen(function* () {
      const { proxy } = yield* setUp()
      for (const mistake of [
        proxy.split(0),
        proxy.throttle(Number.NaN),
        proxy.corrupt(2),
        proxy.delay({ millis: -1 })
      ]) {
        assert.isTrue(Exit.hasDies(yield* Effect.exit(mistake)))
      }
    })
  )
})

describe("the scope", () => {
  const resources = (name: string): number =>
    process.getActiveResourcesInfo().filter((resource) => resource === name).length

  /** Looks in each turn of the event loop: Node lists a handle for a turn after its close. */
  const untilResources = (name: string, holds: (count: number) => boolean) =>
    soon(
      name,
      Effect.promise(async (signal) => {
        while (!signal.aborted && !holds(resources(name))) await nextTurn()
      })
    )
  /** No socket is open, and no server but that of the test. */
  const untilClosed = Effect.andThen(
    untilResources("TCPServerWrap", (count) => count === 1),
    untilResources("TCPSocketWrap", (count) => count === 0)
  )

  it.live("leaves nothing open behind", () =>
    Effect.gen(function* () {
      const server = yield* listen
      yield* untilClosed
      const timers = resources("Timeout")
      const scope = yield* Scope.make()
      const proxy = yield* Scope.provide(FaultProxy.make(server.url), scope)
      const clients: Array<Peer> = []
      for (let count = 1; count <= 30; count++) {
        const client = yield* dial(proxy.url)
        clients.push(client)
        yield* roundTrip(client, yield* server.next, "a")
      }
      yield* proxy.delay({ millis: 60_000, direction: "up" })
      for (const client of clients) yield* client.send("b")
      yield* proxy.blackHole("down")
      for (const remote of server.peers) yield* remote.finish
      // A timer per connection.
      yield* untilResources("Timeout", (count) => count >= timers + 30)
      assert.strictEqual(yield* proxy.connections, 30)

      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* proxy.connections, 0)
      // One or two may be the test runner's.
      assert.isBelow(resources("Timeout"), timers + 10)
      for (const client of clients) {
        yield* client.until("the end", () => client.hasEnded)
        client.socket.destroy()
      }
      for (const remote of server.peers) yield* remote.closed
      assert.strictEqual(yield* server.open, 0)
      yield* untilClosed
      assert.strictEqual((yield* dial(proxy.url)).end, "ECONNREFUSED")
    })
  )
})
