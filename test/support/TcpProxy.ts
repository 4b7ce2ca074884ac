/**
 * A TCP proxy on loopback whose connections the test can cut.
 */
import * as Effect from "effect/Effect"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** - `cut` destroys every open connection on both sides; new ones are let through. */
export interface TcpProxy {
  readonly url: string
  readonly cut: Effect.Effect<void>
}

/** A proxy to the server at `target`, on a free port, until the scope closes. */
export const make = (target: string) =>
  Effect.gen(function* () {
    const { hostname, port } = new URL(target)
    const open = new Set<Socket>()
    const server = createServer((client) => {
      const upstream = connect(Number(port), hostname)
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client]
      ] as const) {
        open.add(socket)
        socket.on("close", () => {
          open.delete(socket)
          other.destroy()
        })
        socket.on("error", () => socket.destroy())
        socket.pipe(other)
      }
    })
    const cut = Effect.sync(() => {
      for (const socket of open) socket.destroy()
    })
    yield* Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    })
    yield* Effect.addFinalizer(() =>
      Effect.andThen(
        cut,
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
        })
      )
    )
    const address = server.address()
    const isInet = (value: typeof address): value is AddressInfo =>
      typeof value === "object" && value !== null
    if (!isInet(address)) return yield* Effect.die("the proxy has no port")
    return { url: `http://127.0.0.1:${address.port}`, cut } satisfies TcpProxy
  })
