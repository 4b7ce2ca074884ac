/** A WebSocket without a network: it answers every request, and hears what {@link deliver} says. */
import { Method } from "../../../src/bifur/BifurEvent.ts"
import { encodeReply } from "../../../src/bifur/JsonRpc.ts"
import { subscription } from "./traffic.ts"

interface SocketEvent {
  readonly type: string
  readonly data?: string
  readonly code?: number
}
type Listener = (event: SocketEvent) => void

/** Open sockets that have asked who is there. */
const listening = new Set<RoomSocket>()

/** With as little of its own as can be: what is measured is who listens. */
export class RoomSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSING = 2
  readonly CLOSED = 3
  readonly url: string
  binaryType = "blob"
  readyState = 0
  onopen: Listener | null = null
  onmessage: Listener | null = null
  onclose: Listener | null = null
  onerror: Listener | null = null
  private readonly listeners = new Map<string, Set<Listener>>()

  constructor(url: string) {
    this.url = url
    setImmediate(() => {
      this.readyState = 1
      this.emit({ type: "open" }, this.onopen)
    })
  }

  addEventListener(type: string, listener: Listener) {
    const all = this.listeners.get(type) ?? new Set()
    this.listeners.set(type, all.add(listener))
  }

  removeEventListener(type: string, listener: Listener) {
    this.listeners.get(type)?.delete(listener)
  }

  private emit(event: SocketEvent, handler: Listener | null) {
    handler?.(event)
    for (const listener of this.listeners.get(event.type) ?? []) listener(event)
  }

  receive(data: string) {
    this.emit({ type: "message", data }, this.onmessage)
  }

  send(text: string) {
    const { id, method } = JSON.parse(text)
    const result = method === Method.subscribe ? subscription : { ok: true }
    setImmediate(() => {
      this.receive(encodeReply(id, result))
      if (method === Method.rollCall) listening.add(this)
    })
  }

  close() {
    this.readyState = 3
    listening.delete(this)
    this.emit({ type: "close", code: 1000 }, this.onclose)
  }
}

/** Whether somebody waits for what is said. */
export const isListening = () => listening.size > 0

/** Says it to everyone who listens, within the call. */
export const deliver = (frame: string) => {
  for (const socket of listening) socket.receive(frame)
}
