/**
 * A WebSocket without a network, moved by hand. It records in what state it was at each call.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"

type EventName = "open" | "message" | "error" | "close"
type Listener = (event: Socket.WebSocketEvent) => void

export class FakeWebSocket implements Socket.WebSocketLike {
  readonly url: string
  readyState = 0
  readonly sent: Array<{ method: string; id: string; params: Record<string, unknown> }> = []
  readonly closes: Array<{ code: number | undefined; readyState: number }> = []
  private readonly listeners = new Map<EventName, Set<Listener>>()

  constructor(url: string) {
    this.url = url
  }

  addEventListener(name: EventName, listener: Listener): void {
    const all = this.listeners.get(name) ?? new Set()
    this.listeners.set(name, all.add(listener))
  }

  removeEventListener(name: EventName, listener: Listener): void {
    this.listeners.get(name)?.delete(listener)
  }

  send(data: string | Uint8Array): void {
    if (this.readyState === 0) throw new Error("sent before the socket was open")
    this.sent.push(JSON.parse(String(data)))
  }

  close(code?: number): void {
    this.closes.push({ code, readyState: this.readyState })
    this.readyState = 3
  }

  private emit(name: EventName, event: Socket.WebSocketEvent = {}): void {
    for (const listener of Array.from(this.listeners.get(name) ?? [])) listener(event)
  }

  open(): void {
    this.readyState = 1
    this.emit("open")
  }

  receive(...texts: ReadonlyArray<string | Uint8Array>): void {
    for (const data of texts) this.emit("message", { data })
  }

  fail(): void {
    this.readyState = 3
    this.emit("error", {})
    this.emit("close", { code: 1006, reason: "" })
  }

  serverClose(code: number, reason = ""): void {
    this.readyState = 3
    this.emit("close", { code, reason })
  }

  /** Answers the newest request of this method. */
  reply(method: string, answer: { result: unknown } | { error: unknown } = { result: {} }): void {
    this.receive(this.replyText(method, answer))
  }

  replyText(method: string, answer: { result: unknown } | { error: unknown }): string {
    const request = this.sent.findLast((sent) => sent.method === method)
    if (request === undefined) throw new Error(`nobody asked for ${method}`)
    return JSON.stringify({ jsonrpc: "2.0", id: request.id, ...answer })
  }

  get methods(): ReadonlyArray<string> {
    return this.sent.map(({ method }) => method)
  }
}

/** The sockets that were made, newest last. */
export interface FakeSockets {
  readonly all: ReadonlyArray<FakeWebSocket>
  readonly last: () => FakeWebSocket
}

export const make = (): {
  readonly sockets: FakeSockets
  readonly layer: Layer.Layer<Socket.WebSocketConstructor>
} => {
  const all: Array<FakeWebSocket> = []
  return {
    sockets: {
      all,
      last: () => {
        const socket = all.at(-1)
        if (socket === undefined) throw new Error("no socket was made")
        return socket
      }
    },
    layer: Layer.succeed(Socket.WebSocketConstructor)((url) => {
      const socket = new FakeWebSocket(url)
      all.push(socket)
      return socket
    })
  }
}

/** Lets everything run that waits for no clock. */
export const settle: Effect.Effect<void> = Effect.forEach(
  Array.from({ length: 20 }),
  () => Effect.yieldNow,
  { discard: true }
)
