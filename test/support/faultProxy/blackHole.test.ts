import { setImmediate as nextTurn } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as FaultProxy from "../FaultProxy.ts"
import {
  dial,
  listen,
  pattern,
  type Peer,
  roundTrip,
  setUp,
  setUpWebSocket,
  soon
} from "./peers.ts"

describe("blackHole", () => {
  it.live("up swallows what the client sends and its end, nothing else, until heal", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const early = yield* pair
      yield* roundTrip(early.client, early.remote, "a")
      yield* proxy.blackHole("up")
      const late = yield* pair
      for (const { client, remote } of [early, late]) {
        const [before, remoteBefore] = [client.text, remote.text]
        yield* client.send("lost")
        yield* remote.send("news")
        yield* client.untilText(`${before}news`)
        assert.strictEqual(remote.text, remoteBefore)
      }
      yield* late.client.finish
      yield* late.remote.send("!")
      yield* late.client.untilText("news!")
      assert.isFalse(late.remote.hasEnded)
      assert.deepStrictEqual(yield* proxy.bytes, { up: 1, down: 10 })
      yield* proxy.heal
      yield* late.remote.until("the withheld end", () => late.remote.hasEnded)
      assert.strictEqual(late.remote.text, "")
      yield* early.client.send("found")
      yield* early.remote.untilText("afound")
    })
  )

  it.live("down swallows what the server sends and its end, nothing else, until heal", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      yield* proxy.blackHole("down")
      const { client, remote } = yield* pair
      yield* remote.send("lost")
      yield* client.send("news")
      yield* remote.untilText("news")
      yield* remote.finish
      yield* client.send("!")
      yield* remote.untilText("news!")
      assert.deepStrictEqual([client.text, client.hasEnded], ["", false])
      yield* proxy.heal
      yield* client.until("the withheld end", () => client.hasEnded)
      assert.strictEqual(client.text, "")
    })
  )

  it.live("withholds a reset too, and passes it on when healed", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.blackHole("up")
      client.socket.resetAndDestroy()
      yield* client.closed
      const other = yield* pair
      yield* other.remote.send("b")
      yield* other.client.untilText("b")
      assert.strictEqual(remote.end, undefined)
      assert.strictEqual(yield* proxy.connections, 2)
      yield* proxy.heal
      assert.strictEqual(yield* remote.closed, "ECONNRESET")
    })
  )

  it.live("swallows what was delayed", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.delay({ millis: 60_000, direction: "up" })
      yield* client.send("lost")
      yield* remote.send("b")
      yield* client.untilText("ab")
      yield* proxy.blackHole("up")
      yield* proxy.heal
      yield* client.send("c")
      yield* remote.until("more", () => remote.text.length > 1)
      assert.strictEqual(remote.text, "ac")
    })
  )

  it.live("both swallows everything, and no socket notices", () =>
    Effect.gen(function* () {
      const { direct, proxy, webSocketPair } = yield* setUpWebSocket
      const { client, remote } = yield* webSocketPair
      yield* proxy.blackHole("both")
      client.socket.send("lost")
      remote.socket.send("lost")
      const late = yield* dial(proxy.url)
      yield* late.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      yield* direct
      assert.deepStrictEqual([client.messages, remote.messages, late.text], [[], [], ""])
      assert.deepStrictEqual(
        [client.closeCode, remote.closeCode, late.end],
        [undefined, undefined, undefined]
      )
      assert.strictEqual(yield* proxy.connections, 2)
      yield* proxy.heal
      client.socket.send("found")
      remote.socket.send("found")
      yield* client.until("the message", () => client.messages.length > 0)
      yield* remote.until("the message", () => remote.messages.length > 0)
      assert.deepStrictEqual([client.messages, remote.messages], [["found"], ["found"]])
      yield* proxy.blackHole("both")
      client.socket.terminate()
      yield* client.closed
      yield* direct
      assert.strictEqual(remote.closeCode, undefined)
      yield* proxy.cut
      assert.strictEqual(yield* remote.closed, 1006)
      yield* late.until("the end", () => late.hasEnded || late.end !== undefined)
    })
  )
})

describe("heal", () => {
  it.live("ends every fault", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      yield* Effect.all([
        proxy.blackHole("both"),
        proxy.delay({ millis: 60_000, jitter: 60_000 }),
        proxy.throttle(1),
        proxy.corrupt(1, "both"),
        proxy.split(1),
        proxy.merge(60_000),
        proxy.cutAfter({ direction: "up", bytes: 0 }),
        proxy.refuse(true)
      ])
      yield* proxy.heal
      const { client, remote } = yield* pair
      yield* client.send(pattern(1_000))
      yield* remote.until("all bytes", () => remote.received.length === 1_000)
      assert.isTrue(remote.received.equals(pattern(1_000)))
      assert.strictEqual(remote.chunks.length, 1)
      yield* remote.send(pattern(1_000))
      yield* client.until("all bytes", () => client.received.length === 1_000)
      assert.isTrue(client.received.equals(pattern(1_000)))
    })
  )
})

describe("bounds", () => {
  it.live("a connection with too much in its queue is destroyed, no other", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp({ maxQueued: 1_000 })
      const [within, beyond] = [yield* pair, yield* pair]
      // What has left the queue does not count.
      for (const { client, remote } of [within, beyond]) {
        yield* roundTrip(client, remote, "a".repeat(700))
        yield* roundTrip(client, remote, "a".repeat(700))
      }
      yield* proxy.delay({ millis: 60_000, direction: "up" })
      yield* within.client.send(pattern(1_000))
      yield* beyond.client.send(pattern(1_001))
      yield* beyond.client.until("the end", () => beyond.client.hasEnded)
      yield* beyond.remote.until("the end", () => beyond.remote.hasEnded)
      yield* within.remote.send("b")
      yield* within.client.until("the answer", () => within.client.text.endsWith("b"))
      assert.strictEqual(yield* proxy.connections, 1)
    })
  )

  it.live("so is one whose receiver does not read", () =>
    Effect.gen(function* () {
      const { pair } = yield* setUp({ maxQueued: 2 ** 20 })
      const { client, remote } = yield* pair
      remote.socket.pause()
      client.socket.write(Buffer.alloc(64 * 2 ** 20))
      yield* client.closed
    })
  )

  it.live("one connection too many is destroyed", () =>
    Effect.gen(function* () {
      const { pair, proxy, server } = yield* setUp({ maxConnections: 2 })
      const [first] = [yield* pair, yield* pair]
      const third = yield* dial(proxy.url)
      yield* third.until("the end", () => third.hasEnded || third.end !== undefined)
      yield* roundTrip(first.client, first.remote, "a")
      assert.strictEqual(server.peers.length, 2)
      assert.strictEqual(yield* proxy.connections, 2)
    })
  )

  it.live("what can't be done is a defect", () =>
    Effect.gen(function* () {
      const { proxy } = yield* setUp()
      for (const mistake of [
        proxy.split(0),
        proxy.throttle(Number.NaN),
        proxy.corrupt(2),
        proxy.delay({ millis: -1 })
      ]) {
        assert.isTrue(Exit.hasDies(yield* Effect.exit(mistake)))
      }
    })
  )
})

describe("the scope", () => {
  const resources = (name: string): number =>
    process.getActiveResourcesInfo().filter((resource) => resource === name).length

  /** Looks in each turn of the event loop: Node lists a handle for a turn after its close. */
  const untilResources = (name: string, holds: (count: number) => boolean) =>
    soon(
      name,
      Effect.promise(async (signal) => {
        while (!signal.aborted && !holds(resources(name))) await nextTurn()
      })
    )
  /** No socket is open, and no server but that of the test. */
  const untilClosed = Effect.andThen(
    untilResources("TCPServerWrap", (count) => count === 1),
    untilResources("TCPSocketWrap", (count) => count === 0)
  )

  it.live("leaves nothing open behind", () =>
    Effect.gen(function* () {
      const server = yield* listen
      yield* untilClosed
      const timers = resources("Timeout")
      const scope = yield* Scope.make()
      const proxy = yield* Scope.provide(FaultProxy.make(server.url), scope)
      const clients: Array<Peer> = []
      for (let count = 1; count <= 30; count++) {
        const client = yield* dial(proxy.url)
        clients.push(client)
        yield* roundTrip(client, yield* server.next, "a")
      }
      yield* proxy.delay({ millis: 60_000, direction: "up" })
      for (const client of clients) yield* client.send("b")
      yield* proxy.blackHole("down")
      for (const remote of server.peers) yield* remote.finish
      // A timer per connection.
      yield* untilResources("Timeout", (count) => count >= timers + 30)
      assert.strictEqual(yield* proxy.connections, 30)

      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* proxy.connections, 0)
      // One or two may be the test runner's.
      assert.isBelow(resources("Timeout"), timers + 10)
      for (const client of clients) {
        yield* client.until("the end", () => client.hasEnded)
        client.socket.destroy()
      }
      for (const remote of server.peers) yield* remote.closed
      assert.strictEqual(yield* server.open, 0)
      yield* untilClosed
      assert.strictEqual((yield* dial(proxy.url)).end, "ECONNREFUSED")
    })
  )
})
