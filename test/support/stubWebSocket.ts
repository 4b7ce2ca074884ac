/** An open socket as the platform's. Undo it with `vi.unstubAllGlobals`. */
import { vi } from "@effect/vitest"
import { FakeWebSocket } from "./FakeWebSocket.ts"

export const stubWebSocket = (): FakeWebSocket => {
  const socket = new FakeWebSocket("ws://abc.example/socket")
  socket.open()
  // What a constructor returns is what `new` gives.
  vi.stubGlobal("WebSocket", function WebSocket() {
    return socket
  })
  return socket
}
