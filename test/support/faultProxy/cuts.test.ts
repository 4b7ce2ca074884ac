import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FaultProxy from "../FaultProxy.ts"
import { dial, listen, roundTrip, setUp, setUpWebSocket, soon } from "./peers.ts"

describe("a proxy without faults", () => {
  it.live("passes bytes and ends both ways, each end by itself, and counts", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* client.send("question")
      yield* remote.untilText("question")
      yield* client.finish
      yield* remote.until("the end", () => remote.hasEnded)
      assert.strictEqual(yield* proxy.connections, 1)
      yield* remote.send("an answer")
      yield* client.untilText("an answer")
      assert.isFalse(client.hasEnded)
      yield* remote.finish
      assert.deepStrictEqual([yield* client.closed, yield* remote.closed], ["closed", "closed"])
      assert.deepStrictEqual(yield* proxy.bytes, { up: 8, down: 9 })
      assert.strictEqual(yield* proxy.accepted, 1)
    })
  )

  it.live("passes a reset as a reset", () =>
    Effect.gen(function* () {
      const { pair } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      client.socket.resetAndDestroy()
      assert.strictEqual(yield* remote.closed, "ECONNRESET")
    })
  )

  it.live("resets the client where nobody listens at the target", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(Effect.map(listen, (server) => server.url))
      const proxy = yield* FaultProxy.make(url)
      const client = yield* dial(proxy.url)
      assert.strictEqual(yield* client.closed, "ECONNRESET")
    })
  )
})

describe("cut, reset and refuse", () => {
  it.live("cut closes every connection on both sides and lets new ones through", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const pairs = [yield* pair, yield* pair]
      for (const { client, remote } of pairs) yield* roundTrip(client, remote, "a")
      assert.strictEqual(yield* proxy.connections, 2)
      yield* proxy.cut
      assert.strictEqual(yield* proxy.connections, 0)
      for (const { client, remote } of pairs) {
        yield* client.until("the end", () => client.hasEnded)
        yield* remote.until("the end", () => remote.hasEnded)
        assert.deepStrictEqual([client.end, remote.end], [undefined, undefined])
      }
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "b")
      assert.strictEqual(yield* proxy.accepted, 3)
    })
  )

  it.live("reset resets every connection on both sides and lets new ones through", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.reset
      assert.strictEqual(yield* proxy.connections, 0)
      assert.strictEqual(yield* client.closed, "ECONNRESET")
      assert.strictEqual(yield* remote.closed, "ECONNRESET")
      assert.isFalse(client.hasEnded || remote.hasEnded)
      const next = yield* pair
      yield* roundTrip(next.client, next.remote, "b")
    })
  )

  it.live("reset closes a socket whose end is just being passed on, too", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.blackHole("up")
      yield* client.finish
      yield* remote.send("a")
      yield* client.untilText("a")
      // In one turn: healing sends the withheld FIN.
      yield* soon("the reset", Effect.andThen(proxy.heal, proxy.reset))
      assert.strictEqual(yield* proxy.connections, 0)
      yield* remote.until("the end", () => remote.hasEnded || remote.end !== undefined)
    })
  )

  it.live("refuse destroys new connections, counts them, and leaves open ones alone", () =>
    Effect.gen(function* () {
      const { pair, proxy, server } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.refuse(true)
      for (const attempt of [yield* dial(proxy.url), yield* dial(proxy.url)]) {
        yield* attempt.until("the end", () => attempt.hasEnded || attempt.end !== undefined)
      }
      yield* roundTrip(client, remote, "a")
      assert.strictEqual(server.peers.length, 1)
      assert.strictEqual(yield* proxy.accepted, 3)
      assert.strictEqual(yield* proxy.connections, 1)
      yield* proxy.refuse(false)
      const next = yield* pair
      yield* roundTrip(next.client, next.remote, "b")
    })
  )
})

describe("cutAfter", () => {
  const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  /** What reaches the server of a head and a frame that are sent at once. */
  const arriving = Effect.fnUntraced(function* (
    cut: Omit<FaultProxy.CutAfter, "direction">,
    pieceSize?: number
  ) {
    const { pair, proxy } = yield* setUp()
    if (pieceSize !== undefined) yield* proxy.split(pieceSize)
    yield* proxy.cutAfter({ direction: "up", ...cut })
    const { client, remote } = yield* pair
    yield* client.send(`${head}frame\r\n\r\n`)
    yield* remote.until("the end", () => remote.hasEnded)
    yield* client.until("the end", () => client.hasEnded)
    assert.strictEqual((yield* proxy.bytes).up, remote.text.length)
    assert.strictEqual(yield* proxy.connections, 0)
    return remote.text
  }, Effect.scoped)

  it.live("lets exactly so many bytes pass", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* arriving({ bytes: 10 }), head.slice(0, 10))
      assert.strictEqual(yield* arriving({ bytes: 0, bytesFrom: "start" }), "")
      assert.strictEqual(yield* arriving({ bytes: 10 }, 1), head.slice(0, 10))
      for (const pieceSize of [undefined, 1, 2, 3, 7]) {
        const from = (bytes: number) => arriving({ bytes, bytesFrom: "handshake" }, pieceSize)
        assert.strictEqual(yield* from(0), head)
        assert.strictEqual(yield* from(3), `${head}fra`)
        assert.strictEqual(yield* from(7), `${head}frame\r\n`)
      }
    })
  )

  it.live("after no bytes at all cuts at once", () =>
    Effect.gen(function* () {
      const { proxy, server } = yield* setUp()
      yield* proxy.cutAfter({ direction: "down", bytes: 0 })
      const client = yield* dial(proxy.url)
      yield* client.until("the end", () => client.hasEnded)
      yield* dial(proxy.url)
      yield* server.next
      assert.strictEqual(yield* proxy.connections, 1)
    })
  )

  it.live("cuts the next connection only, neither open ones nor later ones", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const open = yield* pair
      yield* roundTrip(open.client, open.remote, "a")
      yield* proxy.cutAfter({ direction: "up", bytes: 1 })
      yield* roundTrip(open.client, open.remote, "bc")
      const next = yield* pair
      yield* next.remote.send("down does not count")
      yield* next.client.untilText("down does not count")
      const later = yield* pair
      yield* next.client.send("de")
      yield* next.remote.until("the end", () => next.remote.hasEnded)
      assert.strictEqual(next.remote.text, "d")
      for (const { client, remote } of [open, later]) yield* roundTrip(client, remote, "fg")
    })
  )

  it.live("in the handshake: the WebSocket never opens, the next one does", () =>
    Effect.gen(function* () {
      const { proxy, webSocketPair } = yield* setUpWebSocket
      yield* proxy.cutAfter({ direction: "down", bytes: 20 })
      const failed = yield* webSocketPair
      assert.strictEqual(yield* failed.client.closed, 1006)
      assert.isFalse(failed.client.hasOpened)
      assert.strictEqual((yield* proxy.bytes).down, 20)
      assert.strictEqual(yield* failed.remote.closed, 1006)
      const { client } = yield* webSocketPair
      assert.isTrue(client.hasOpened)
    })
  )

  it.live("in a frame: the WebSocket opens, and its first message never comes", () =>
    Effect.gen(function* () {
      const { proxy, webSocketPair } = yield* setUpWebSocket
      yield* proxy.cutAfter({ direction: "down", bytes: 3, bytesFrom: "handshake" })
      const { client, remote } = yield* webSocketPair
      assert.isTrue(client.hasOpened)
      remote.socket.send("message")
      assert.strictEqual(yield* client.closed, 1006)
      assert.deepStrictEqual(client.messages, [])
      const next = yield* webSocketPair
      next.remote.socket.send("message")
      yield* next.client.until("the message", () => next.client.messages.length > 0)
    })
  )
})
