import { connect as connectNet, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { Relay } from "../../src/relay/Relay.ts"
import { connect, gone, join, state } from "./RelayClient.ts"
import { relay, relayWith } from "./relayTest.ts"

const path = "/v2022-06-30/socket/production"

/** Sends `head` over TCP, and gives the socket once there was an answer, if one is awaited. */
const rawSocket = (url: string, head: string, awaitsAnswer: boolean) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = connectNet(Number(new URL(url).port), "127.0.0.1", () => {
        socket.write(head)
        if (!awaitsAnswer) resume(Effect.succeed(socket))
      })
      socket.on("error", () => undefined)
      socket.once("data", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const upgradeHead = [
  `GET ${path} HTTP/1.1`,
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "",
  ""
].join("\r\n")

describe("a socket that ends", () => {
  relay("[S4] ends the sessions that it owns, however it ends", (url) =>
    Effect.gen(function* () {
      const watcher = yield* join(url, "p-watcher")
      const killed = yield* join(url, "p-ada")
      yield* killed.announce("s1")
      yield* killed.announce("s2")
      const closing = yield* join(url, "p-bob")
      yield* closing.announce("s3")
      yield* watcher.next
      yield* watcher.next
      yield* watcher.next
      killed.socket.terminate()
      assert.deepEqual(yield* watcher.next, gone("p-ada", "s1"))
      assert.deepEqual(yield* watcher.next, gone("p-ada", "s2"))
      closing.socket.close()
      assert.deepEqual(yield* watcher.next, gone("p-bob", "s3"))
    })
  )

  relay("[S4] does not end a session that a newer connection has taken over", (url) =>
    Effect.gen(function* () {
      const old = yield* join(url, "p-ada")
      yield* old.announce("tab")
      yield* old.announce("old only")
      const reloaded = yield* join(url, "p-ada")
      yield* reloaded.announce("tab", ["back"])
      const watcher = yield* join(url, "p-watcher")
      old.socket.terminate()
      assert.deepEqual(yield* watcher.next, gone("p-ada", "old only"))
      yield* watcher.rollCall("w")
      assert.deepEqual(yield* watcher.rest, [state("p-ada", "tab", ["back"])])
      reloaded.socket.close()
      assert.deepEqual(yield* watcher.next, gone("p-ada", "tab"))
    })
  )

  relay("[S4] does not end another user's session of the same id", (url) =>
    Effect.gen(function* () {
      const ada = yield* join(url, "p-ada")
      yield* ada.announce("s")
      const bob = yield* join(url, "p-bob")
      yield* bob.announce("s")
      const watcher = yield* join(url, "p-watcher")
      bob.socket.terminate()
      assert.deepEqual(yield* watcher.next, gone("p-bob", "s"))
      assert.deepEqual(yield* watcher.next, state("p-ada", "s"))
      yield* watcher.rollCall("w")
      assert.deepEqual(yield* watcher.rest, [state("p-ada", "s")])
    })
  )
})

describe("a receiver that has stopped reading", () => {
  relay("holds up nobody else", (url) =>
    Effect.gen(function* () {
      const stuck = yield* join(url, "p-stuck")
      stuck.socket.pause()
      const watcher = yield* join(url, "p-watcher")
      const sender = yield* join(url, "p-ada")
      const padding = "x".repeat(4_000)
      for (let n = 0; n < 500; n++) yield* sender.announce("s", [n, padding])
      for (let n = 0; n < 500; n++) {
        assert.deepEqual(yield* watcher.next, state("p-ada", "s", [n, padding]))
      }
      stuck.socket.terminate()
    })
  )
})

describe("starting", () => {
  it.live("on a port in use fails with a message that says which and what to do", () =>
    Effect.gen(function* () {
      const { address } = yield* Relay
      const second = Layer.build(relayWith({ port: address.port }))
      const error = yield* Effect.flip(Effect.scoped(second))
      assert.strictEqual(error._tag, "RelayError")
      assert.strictEqual(error.reason, "port-in-use")
      assert.include(error.message, String(address.port))
      assert.include(error.message, "--port")
    }).pipe(Effect.provide(Relay.layerTest))
  )

  it.live.each([
    [{ port: 70_000 }, "port"],
    [{ port: 1.5 }, "port"],
    [{ host: "192.0.2.1" }, "host"],
    [{ silenceTimeout: "1 second" }, "option"],
    [{ silenceTimeout: "31 seconds" }, "option"],
    [{ maxFrameSize: Number.NaN }, "option"],
    [{ maxConnections: 0 }, "option"],
    // A timer of a longer time fires at once.
    [{ authorizationTimeout: Duration.infinity }, "option"],
    [{ heartbeatInterval: "25 days" }, "option"],
    [{ returnGrace: 2 ** 31 }, "option"],
    [{ handshakeTimeout: "20 days", authorizationTimeout: "20 days" }, "option"]
  ] as const)("with %o fails by its reason", ([options, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(relayWith(options))))
      assert.strictEqual(error.reason, reason)
      for (const option of Object.keys(options)) assert.include(error.message, option)
    })
  )

  it.live("takes any number of what is counted, and the longest time that a timer has", () =>
    Effect.gen(function* () {
      const { url } = yield* Relay
      const client = yield* join(url, "p-ada")
      assert.isUndefined((yield* client.announce("s")).error)
    }).pipe(
      Effect.provide(
        relayWith({
          maxConnections: Infinity,
          maxConnectionsPerAddress: Infinity,
          maxRooms: Infinity,
          authorizationTimeout: 2 ** 31 - 10_001
        })
      )
    )
  )
})

describe("the log", () => {
  it.live("never holds a token", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ cause, message }) => {
        lines.push(JSON.stringify([message, Cause.pretty(cause)]))
      })
      const program = Effect.gen(function* () {
        const { url } = yield* Relay
        const client = yield* connect(url)
        yield* client.authorize("tell-nobody!")
        yield* client.authorize("tell-nobody")
        yield* client.announce("s")
        yield* Effect.promise(() =>
          fetch(`${url}/v1/users/me`, { headers: { authorization: "Bearer tell-nobody" } })
        )
      }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
      yield* program.pipe(
        Effect.provide(Logger.layer([logger])),
        Effect.provideService(References.MinimumLogLevel, "Trace")
      )
      assert.isAbove(lines.length, 0)
      assert.notInclude(lines.join(), "tell-nobody")
    })
  )
})

describe("closing the scope", () => {
  it.live("[S7] closes every socket with 1012 within 2 s, silent peers and half requests too", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(relayWith({}), scope)
      const { address, url } = Context.get(context, Relay)
      const client = yield* join(url, "p-ada")
      yield* client.announce("s")
      const other = yield* join(url, "p-bob")
      yield* rawSocket(url, upgradeHead, true)
      yield* rawSocket(url, "GET /healthz HTTP/1.1\r\nHost: local", false)
      yield* Effect.promise(() => fetch(`${url}/healthz`).then((response) => response.text()))

      const start = performance.now()
      yield* Scope.close(scope, Exit.void)
      assert.isBelow(performance.now() - start, 2_000)
      assert.strictEqual((yield* client.closed).code, 1012)
      assert.strictEqual((yield* other.closed).code, 1012)

      const again = yield* Effect.scoped(Layer.build(relayWith({ port: address.port })))
      assert.strictEqual(Context.get(again, Relay).address.port, address.port)
    })
  )

  it.effect("takes no longer where the clock stands still, as in a test", () =>
    Effect.gen(function* () {
      const { url } = yield* Relay
      yield* rawSocket(url, upgradeHead, true)
      yield* rawSocket(url, "GET /healthz HTTP/1.1\r\nHost: local", false)
      yield* join(url, "p-ada")
    }).pipe(Effect.provide(Relay.layerTest))
  )

  it.live("[S7] tells nobody that the others have left: they come back to the next relay", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(relayWith({}), scope)
      const { url } = Context.get(context, Relay)
      const ada = yield* join(url, "p-ada")
      const watcher = yield* join(url, "p-watcher")
      yield* ada.announce("s")
      assert.deepEqual(yield* watcher.next, state("p-ada", "s"))
      yield* Scope.close(scope, Exit.void)
      yield* watcher.closed
      assert.deepEqual(yield* watcher.waiting, [])
    })
  )
})
