/**
 * A connection that can be cut, as trains and tunnels do.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"

/** A close code that says nothing to anybody. */
const cutCode = 3_000

/** - `cut` ends the connection that there is now, if any. */
export interface Wire {
  readonly layer: Layer.Layer<Socket.WebSocketConstructor>
  readonly cut: Effect.Effect<void>
}

/** The global `WebSocket`, and a way to end the last one that was made. */
export const makeWire = (): Wire => {
  let last: Socket.WebSocketLike | undefined
  return {
    layer: Layer.effect(
      Socket.WebSocketConstructor,
      Socket.WebSocketConstructor.useSync((makeWebSocket) => (url, options) => {
        last = makeWebSocket(url, options)
        return last
      })
    ).pipe(Layer.provide(Socket.layerWebSocketConstructorGlobal)),
    cut: Effect.sync(() => {
      if (last?.readyState === 1) last.close(cutCode)
    })
  }
}
