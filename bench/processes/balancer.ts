/** A balancer of TCP connections, as small as can be, and what a network does that loses everything. */
import { connect, createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { listen } from "../../test/support/listen.ts"

/**
 * - `port`: where clients connect.
 * - `setLive`: whether a port behind it gets new connections; all do at first.
 * - `swallow`: from now on nothing passes on any connection, and no end of one is told.
 */
export interface Balancer {
  readonly port: number
  readonly setLive: (port: number, isLive: boolean) => Effect.Effect<void>
  readonly swallow: Effect.Effect<void>
}

/** Passes a connection on to the first that takes it; where nobody does, the client's is reset. */
const forward = (client: Socket, ports: ReadonlyArray<number>, isLost: () => boolean): void => {
  const [port, ...others] = ports
  if (port === undefined) return void client.resetAndDestroy()
  const server = connect({ port, host: "127.0.0.1", noDelay: true })
  const join = (from: Socket, to: Socket) => {
    from.on("data", (bytes) => isLost() || to.write(bytes))
    from.once("close", () => isLost() || to.destroy())
  }
  const refused = () => forward(client, others, isLost)
  server.once("error", refused)
  server.once("connect", () => {
    server.off("error", refused).on("error", () => {})
    join(client, server)
    join(server, client)
  })
}

/** Passes connections on to the live ones of these ports, each in turn, until the scope closes. */
export const balance = Effect.fnUntraced(function* (
  ports: ReadonlyArray<number>
): Effect.fn.Return<Balancer, never, Scope.Scope> {
  const live = new Set(ports)
  let turn = 0
  let isLost = false
  const server = createServer({ noDelay: true }, (client) => {
    client.on("error", () => {})
    const candidates = ports.filter((port) => live.has(port))
    const first = candidates.length === 0 ? 0 : turn++ % candidates.length
    forward(client, [...candidates.slice(first), ...candidates.slice(0, first)], () => isLost)
  })
  const { port } = yield* listen(server)
  return {
    port,
    setLive: (behind, isLive) =>
      Effect.sync(() => (isLive ? live.add(behind) : live.delete(behind))),
    swallow: Effect.sync(() => (isLost = true))
  }
})
