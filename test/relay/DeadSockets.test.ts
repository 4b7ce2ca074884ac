import { connect as connectNet } from "node:net"
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FaultProxy from "../support/FaultProxy.ts"
import { gone, join, state } from "./RelayClient.ts"
import { relay } from "./relayTest.ts"

const silenceTimeout = 2_000
const grace = 1_000

/** Detection looks eight times within the silence; the rest is a busy machine's. */
const margin = silenceTimeout / 8 + 750

const options = { silenceTimeout, returnGrace: grace }

describe("a client behind a network that swallows everything", () => {
  relay(
    "[S11] is told as gone within its silence and the grace, and not before",
    (url) =>
      Effect.gen(function* () {
        const proxy = yield* FaultProxy.make(url)
        const watcher = yield* join(url, "p-watcher")
        const client = yield* join(proxy.url, "p-ada")
        yield* client.announce("s")
        assert.deepEqual(yield* watcher.next, state("p-ada", "s"))
        yield* proxy.blackHole("both")
        const start = performance.now()
        assert.deepEqual(yield* watcher.next, gone("p-ada", "s"))
        const took = performance.now() - start
        console.log(`black hole: told as gone after ${Math.round(took)} ms`)
        assert.isAtLeast(took, silenceTimeout + grace - 100)
        assert.isBelow(took, silenceTimeout + grace + margin)
      }),
    options
  )
})

describe("a client that has nothing to say", () => {
  relay(
    "[S11] stays for as long as it answers pings; one that doesn't, but speaks, stays too",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const silent = yield* join(url, "p-silent")
        yield* silent.announce("s")
        const mute = yield* join(url, "p-mute")
        yield* mute.announce("m")
        // What answers pings in the package.
        mute.socket.pong = () => undefined
        for (let n = 0; n < 12; n++) {
          yield* Effect.sleep(silenceTimeout / 4)
          assert.isUndefined((yield* mute.announce("m")).error)
        }
        assert.strictEqual(silent.socket.readyState, 1)
        assert.strictEqual(mute.socket.readyState, 1)
        assert.isEmpty((yield* watcher.waiting).filter(({ type }) => type !== "state"))
      }),
    options
  )

  relay(
    "[S11] is asked for a sign of life, and is dead without one",
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-ada")
        let pings = 0
        client.socket.pong = () => undefined
        client.socket.on("ping", () => void pings++)
        const start = performance.now()
        assert.strictEqual((yield* client.closed).code, 1006)
        assert.isAtLeast(performance.now() - start, silenceTimeout - 100)
        assert.isAtLeast(pings, 2)
      }),
    options
  )

  relay(
    "[S11] is not cut off before the time that was set",
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-ada")
        client.socket.pong = () => undefined
        const start = performance.now()
        yield* client.closed
        const took = performance.now() - start
        assert.isAtLeast(took, 4_900)
        assert.isBelow(took, 5_000 + 5_000 / 8 + 750)
      }),
    { silenceTimeout: "5 seconds" }
  )
})

describe("a relay that stood still itself", () => {
  relay(
    "[S11] takes nobody for dead whom it could not hear",
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-ada")
        // The relay, which runs in this thread, hears nothing; what came waits in its sockets.
        yield* Effect.sync(() =>
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_600)
        )
        yield* Effect.sleep(silenceTimeout / 2)
        assert.strictEqual(client.socket.readyState, 1)
        assert.isUndefined((yield* client.announce("s")).error)
      }),
    options
  )
})

describe("a client that sends pings and reads nothing", () => {
  relay(
    "[S13] is not read on before the answers fill the memory, and cut off where it goes on after its end",
    (url) =>
      Effect.gen(function* () {
        const probe = yield* join(url, "p-probe")
        const key = "dGhlIHNhbXBsZSBub25jZQ=="
        const head = `GET /v1/socket/production HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`
        // A masked ping with as much in it as fits; the mask is nought.
        const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)])
        const pings = Buffer.concat(Array.from({ length: 8_192 }, () => ping))
        const closed = yield* Effect.callback<number>((resume) => {
          const socket = connectNet(Number(new URL(url).port), "127.0.0.1", () =>
            socket.write(head)
          )
          let sent = 0
          const send = (error?: Error | null): void => {
            if (error) return
            if (sent >= 64 * 1_024 * 1_024) {
              socket.destroy()
              return resume(Effect.succeed(sent))
            }
            sent += pings.length
            socket.write(pings, send)
          }
          socket.once("data", () => {
            socket.pause()
            send()
          })
          socket.on("error", () => undefined)
          socket.on("close", () => resume(Effect.succeed(sent)))
        })
        console.log(`pings: closed after ${Math.round(closed / 1_024)} KiB`)
        assert.isBelow(closed, 64 * 1_024 * 1_024)
        assert.isUndefined((yield* probe.subscribe).error)
      }),
    { authorizationTimeout: "1 second" }
  )
})
