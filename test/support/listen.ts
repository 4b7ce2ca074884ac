import type { AddressInfo, Server, Socket } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * Listens on a free port of this machine, until the scope closes: then every connection ends. A peer that
 * breaks its connection off is nothing that fails a test.
 */
export const listen = (server: Server): Effect.Effect<AddressInfo, never, Scope.Scope> => {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("error", () => {}).once("close", () => sockets.delete(socket))
  })
  return Effect.acquireRelease(
    Effect.callback<AddressInfo>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const isInet = typeof address === "object" && address !== null
        resume(isInet ? Effect.succeed(address) : Effect.die("the server has no port"))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )
}

/** Where clients find it. */
export const urlOf = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`
