/** Sockets that say nothing, from networks that a test gives them: all are loopback's own. */
import type { Server, Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { close, listen, makeListener } from "../../src/relay/Listener.ts"
import { RelayCounts } from "../../src/relay/RelayCounts.ts"
import { type RelayOptions, resolveOptions } from "../../src/relay/RelayOptions.ts"
import { eventually, openRaw } from "./RawSocket.ts"

/** A server to which every socket comes from the address that is set at the time. */
const listening = Effect.fnUntraced(function* (options: RelayOptions) {
  const settings = resolveOptions({ port: 0, maxConnectionsPerAddress: 2, ...options })
  const counts = new RelayCounts()
  const listener = yield* Effect.acquireRelease(
    Effect.sync(() => makeListener(settings, counts)),
    close
  )
  let from = ""
  let came = 0
  listener.server.prependListener("connection", (socket: Socket) => {
    came++
    Object.defineProperty(socket, "remoteAddress", { value: from })
  })
  const port = yield* listen(listener, settings)
  return {
    open: (address: string, count: number) =>
      Effect.gen(function* () {
        from = address
        const all = came + count
        const raws = yield* Effect.forEach(Array.from({ length: count }), () =>
          openRaw(`http://127.0.0.1:${port}`)
        )
        yield* eventually("all have come", () => came === all)
        return raws
      }),
    refused: () => counts.refusals.get("sockets"),
    server: listener.server,
    sockets: listener.sockets
  }
})

const urlOf = (address: ReturnType<Server["address"]>): string =>
  `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`

/** 2 connections of an address, and 100 sockets more. */
const most = 102

describe("sockets that say nothing", () => {
  it.live("[S10] of a network are bounded, counted, and leave room for those of others", () =>
    Effect.gen(function* () {
      const { open, refused, sockets } = yield* listening({})
      const raws = yield* open("::ffff:203.0.113.7", most)
      assert.strictEqual(refused(), 0)
      const [late] = yield* open("203.0.113.7", 1)
      yield* late?.over ?? Effect.die("no socket")
      assert.strictEqual(refused(), 1)
      yield* eventually("only those taken", () => sockets.size === most)
      yield* open("198.51.100.1", 3)
      assert.strictEqual(refused(), 1)
      raws[0]?.socket.destroy()
      yield* eventually("a place", () => sockets.size === most + 2)
      yield* open("203.0.113.7", 1)
      assert.strictEqual(refused(), 1)
      yield* open("203.0.113.7", 1)
      assert.strictEqual(refused(), 2)
    })
  )

  it.live("[S10] are counted by the network in IPv6", () =>
    Effect.gen(function* () {
      const { open, refused } = yield* listening({})
      yield* open("2001:db8::1", most)
      yield* open("2001:db8::2", 1)
      assert.strictEqual(refused(), 1)
      yield* open("2001:db8:0:1::1", 1)
      assert.strictEqual(refused(), 1)
    })
  )

  it.live(
    "[S10] beyond what the relay takes of all networks together are cut off, and counted",
    () =>
      Effect.gen(function* () {
        const { open, refused, server, sockets } = yield* listening({ maxConnections: 5 })
        assert.strictEqual(server.maxConnections, 1_005)
        // Fewer do as well.
        server.maxConnections = 2
        const taken = yield* open("203.0.113.7", 2)
        const late = yield* openRaw(urlOf(server.address()))
        yield* late.over
        assert.strictEqual(refused(), 1)
        assert.isFalse(taken.some(({ isOver }) => isOver))
        assert.strictEqual(sockets.size, 2)
      })
  )

  it.live("[S6] that fail while they are taken end nothing", () =>
    Effect.gen(function* () {
      const { open, server } = yield* listening({})
      // As Node tells of it where there are no more file descriptors.
      server.emit("error", Object.assign(new Error("accept EMFILE"), { code: "EMFILE" }))
      yield* open("203.0.113.7", 1)
      assert.isTrue(server.listening)
    })
  )

  it.live("of this machine are no address's", () =>
    Effect.gen(function* () {
      const { open, refused } = yield* listening({})
      yield* open("127.0.0.1", most + 1)
      yield* open("::1", most + 1)
      assert.strictEqual(refused(), 0)
    })
  )

  it.live("are no address's where a proxy brings all of them", () =>
    Effect.gen(function* () {
      const { open, refused } = yield* listening({ trustedProxies: 1 })
      yield* open("203.0.113.7", most + 1)
      assert.strictEqual(refused(), 0)
    })
  )
})
