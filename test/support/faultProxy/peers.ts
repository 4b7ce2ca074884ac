/**
 * Both ends of connections through a proxy, for its tests.
 */
import type { EventEmitter } from "node:events"
import { createServer as createHttpServer } from "node:http"
import { connect, createServer, type Server, type Socket } from "node:net"
import { setImmediate as nextTurn } from "node:timers/promises"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as FaultProxy from "../FaultProxy.ts"

/** Fails where what a test waits for does not come. */
export const soon = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
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
export class Peer {
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
export const listen = Effect.gen(function* () {
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

export const dial = (url: string) =>
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
export const setUp = Effect.fnUntraced(function* (options?: FaultProxy.FaultProxyOptions) {
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
export const setUpWebSocket = Effect.gen(function* () {
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
export const roundTrip = Effect.fnUntraced(function* (from: Peer, to: Peer, text: string) {
  const [before, answerBefore] = [to.text, from.text]
  yield* from.send(text)
  yield* to.untilText(before + text)
  yield* to.send(text)
  yield* from.untilText(answerBefore + text)
})

/** Bytes in which every place can be told from its neighbours. */
export const pattern = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31) % 251))
