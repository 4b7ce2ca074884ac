/**
 * A WebSocket with somebody who listens in.
 */
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"

/**
 * What goes over a socket, told within the call: first what is `sent` and `received`, then that it has
 * `ended`, once. What a tap throws is lost: it is no part of the connection.
 */
export interface Tap {
  readonly sent: (data: unknown) => void
  readonly received: (data: unknown) => void
  readonly ended: (reason: string) => void
}

const tell = (listen: () => void) => {
  try {
    listen()
  } catch {}
}

const listenIn = (socket: Socket.WebSocketLike, tap: Tap): Socket.WebSocketLike => {
  let isOver = false
  const end = (reason: string) => {
    if (isOver) return
    isOver = true
    tell(() => tap.ended(reason))
  }
  socket.addEventListener("message", ({ data }) => tell(() => tap.received(data)))
  socket.addEventListener("close", ({ code = 1006 }) => end(`closed with ${code}`))
  socket.addEventListener("error", () => end("failed"))
  return {
    get readyState() {
      return socket.readyState
    },
    addEventListener: (type, listener, options) => socket.addEventListener(type, listener, options),
    removeEventListener: (type, listener) => socket.removeEventListener(type, listener),
    close: (code, reason) => socket.close(code, reason),
    send: (data) => {
      tell(() => tap.sent(data))
      socket.send(data)
    }
  }
}

/**
 * The global `WebSocket`, with a tap on each.
 *
 * @param makeTap called for each socket, with its address
 */
export const layer = (makeTap: (url: string) => Tap): Layer.Layer<Socket.WebSocketConstructor> =>
  Layer.effect(
    Socket.WebSocketConstructor,
    Socket.WebSocketConstructor.useSync(
      (makeWebSocket) => (url, options) => listenIn(makeWebSocket(url, options), makeTap(url))
    )
  ).pipe(Layer.provide(Socket.layerWebSocketConstructorGlobal))
