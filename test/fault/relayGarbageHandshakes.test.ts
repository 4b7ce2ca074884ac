/** A thousand who never come to the point. */
import { connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { upgradeHead } from "../relay/RawSocket.ts"
import { makeRoom, startRelay } from "./relayGarbageProcess.ts"

const count = 1_000
const handshakeTimeout = 2_500

/** What they say at first, and then a byte at a time. */
const kinds: ReadonlyArray<readonly [first: string, drip: string]> = [
  ["", ""],
  ["GET /v1/socket/production HTTP/1.1\r\nHost: loc", ""],
  ["", upgradeHead().slice(0, -2)],
  ["GET /v1/socket/production HTTP/1.1\r\n", "X-Slow: loris\r\n".repeat(100)]
]

const openSlow = (url: string) => {
  let open = 0
  let closed = 0
  const sockets: Array<Socket> = []
  const timers: Array<NodeJS.Timeout> = []
  for (let n = 0; n < count; n++) {
    const [first, drip] = kinds[n % kinds.length] ?? ["", ""]
    const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" }, () => {
      open++
      if (first !== "") socket.write(first)
      const letters = drip[Symbol.iterator]()
      if (drip === "") return
      timers.push(
        setInterval(() => {
          const { done, value } = letters.next()
          if (done !== true && socket.writable) socket.write(value)
        }, 250)
      )
    })
    socket.on("error", () => undefined)
    socket.on("close", () => closed++)
    socket.resume()
    sockets.push(socket)
  }
  return {
    open: () => open,
    closed: () => closed,
    end: () => {
      for (const timer of timers) clearInterval(timer)
      for (const socket of sockets) socket.destroy()
    }
  }
}

describe("1,000 connections that never finish the handshake", () => {
  it.live(
    "[S10] are cut off by the deadline, cost nothing after it, and hide no move of a real room",
    () =>
      Effect.gen(function* () {
        const relay = yield* startRelay({ handshakeTimeout })
        const room = yield* makeRoom(relay.url)
        const round = Effect.gen(function* () {
          const start = performance.now()
          const slow = yield* Effect.acquireRelease(
            Effect.sync(() => openSlow(relay.url)),
            ({ end }) => Effect.sync(end)
          )
          while (slow.closed() < count) {
            yield* room.move
            assert.isBelow(performance.now() - start, handshakeTimeout + 5_000)
          }
          assert.strictEqual(slow.open(), count)
          return performance.now() - start
        }).pipe(Effect.scoped)

        yield* room.move
        const { sockets } = yield* relay.report
        yield* round
        const first = yield* relay.report
        const took = yield* round
        yield* relay.quiet(sockets)
        const second = yield* relay.report
        yield* relay.check
        console.log(
          `handshakes: ${count} cut off within ${(took / 1_000).toFixed(1)} s of ${handshakeTimeout / 1_000} s, ` +
            `${room.moves()} moves, the slowest seen after ${room.slowest().toFixed(0)} ms, ` +
            `heap ${first.heap.toFixed(1)} -> ${second.heap.toFixed(1)} MB, rss ${first.rss.toFixed(0)} -> ${second.rss.toFixed(0)} MB, ` +
            `sockets ${sockets} -> ${second.sockets}`
        )
        assert.isBelow(second.heap - first.heap, 1.5)
      })
  )
})
