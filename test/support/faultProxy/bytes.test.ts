import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { pattern, roundTrip, setUp, setUpWebSocket } from "./peers.ts"

const pieces = Array.from({ length: 200 }, (_, index) => `${index};`)
const allPieces = pieces.join("")

const differences = (one: Buffer, other: Buffer): ReadonlyArray<number> =>
  Array.from(one.keys()).filter((index) => one[index] !== other[index])

describe("delay", () => {
  it.live("holds every chunk and the end that long, in the named direction", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.delay({ millis: 150, direction: "down" })
      const start = performance.now()
      yield* remote.send("b")
      yield* client.untilText("ab")
      assert.isAtLeast(performance.now() - start, 150)
      const end = performance.now()
      yield* remote.finish
      yield* client.until("the end", () => client.hasEnded)
      assert.isAtLeast(performance.now() - end, 150)
    })
  )

  it.live("adds a random part of the jitter, and keeps the order", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.delay({ millis: 0, jitter: 40 })
      const start = performance.now()
      for (let count = 1; count <= 10; count++) yield* roundTrip(client, remote, "a")
      // Twenty draws: 400 ms on average, and always the same with this seed.
      assert.isAtLeast(performance.now() - start, 200)
      yield* client.sendApart(pieces)
      yield* remote.until("all pieces", () => remote.text.length === 10 + allPieces.length)
      assert.strictEqual(remote.text, "a".repeat(10) + allPieces)
    })
  )

  it.live("what is delayed arrives in order when healed, before what comes later", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.delay({ millis: 60_000, direction: "up" })
      yield* client.sendApart(pieces)
      yield* remote.send("b")
      yield* client.untilText("b")
      assert.strictEqual(remote.text, "")
      yield* proxy.heal
      yield* client.send("end")
      yield* remote.untilText(`${allPieces}end`)
    })
  )
})

describe("throttle, split and merge", () => {
  it.live("throttle lets every byte pass, in its time, and the end after them", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* roundTrip(client, remote, "a")
      yield* proxy.throttle(100_000)
      const start = performance.now()
      yield* client.send(pattern(30_000))
      yield* client.finish
      yield* remote.until("the end", () => remote.hasEnded)
      assert.isAtLeast(performance.now() - start, 290)
      assert.isTrue(remote.received.equals(Buffer.concat([Buffer.from("a"), pattern(30_000)])))
    })
  )

  it.live("split cuts what is sent at once into pieces that arrive one by one", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.split(3)
      yield* client.send(pattern(3_000))
      yield* remote.until("all bytes", () => remote.received.length === 3_000)
      assert.isTrue(remote.received.equals(pattern(3_000)))
      // The kernel may join some again.
      assert.isAtLeast(remote.chunks.length, 500)
    })
  )

  it.live("a WebSocket opens and carries messages byte by byte", () =>
    Effect.gen(function* () {
      const { proxy, webSocketPair } = yield* setUpWebSocket
      yield* proxy.split(1)
      const { client, remote } = yield* webSocketPair
      client.socket.send(allPieces)
      remote.socket.send(allPieces)
      yield* client.until("the message", () => client.messages.length > 0)
      yield* remote.until("the message", () => remote.messages.length > 0)
      assert.deepStrictEqual([client.messages, remote.messages], [[allPieces], [allPieces]])
    })
  )

  it.live("merge writes what comes apart as one", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      // Gives each write a turn of its own, so that two would not be read as one.
      yield* proxy.split(allPieces.length)
      const apart = yield* pair
      yield* apart.client.sendApart(pieces)
      yield* apart.remote.untilText(allPieces)
      yield* proxy.merge(300, "up")
      const merged = yield* pair
      const start = performance.now()
      yield* merged.client.sendApart(pieces)
      yield* merged.remote.untilText(allPieces)
      assert.isAtLeast(performance.now() - start, 300)
      // One, but for a machine that is too busy to read them all in time.
      assert.isBelow(merged.remote.chunks.length, apart.remote.chunks.length / 10)
    })
  )
})

describe("corrupt", () => {
  it.live("changes one byte of every chunk from the server, none from the client", () =>
    Effect.gen(function* () {
      const { pair, proxy } = yield* setUp()
      const { client, remote } = yield* pair
      yield* proxy.corrupt(1)
      for (let count = 1; count <= 20; count++) {
        yield* client.send(pattern(64))
        yield* remote.until("the chunk", () => remote.received.length === 64 * count)
        yield* remote.send(pattern(64))
        yield* client.until("the chunk", () => client.received.length === 64 * count)
        const [sent, received] = [remote, client].map((peer) => peer.received.subarray(-64))
        assert.deepStrictEqual(sent, pattern(64))
        assert.strictEqual(differences(pattern(64), received ?? Buffer.of()).length, 1)
      }
    })
  )

  it.live("the same seed changes the same bytes to the same values, another one others", () =>
    Effect.gen(function* () {
      const corrupted = (seed: number) =>
        Effect.scoped(
          Effect.gen(function* () {
            const { pair, proxy } = yield* setUp({ seed })
            const { client, remote } = yield* pair
            yield* proxy.corrupt(0.5, "up")
            for (let count = 1; count <= 40; count++) {
              yield* client.send(pattern(64))
              yield* remote.until("the chunk", () => remote.received.length === 64 * count)
            }
            return remote.received
          })
        )
      const clean = Buffer.concat(Array.from({ length: 40 }, () => pattern(64)))
      const [one, same, other] = [yield* corrupted(7), yield* corrupted(7), yield* corrupted(8)]
      assert.isTrue(one.equals(same))
      assert.isFalse(one.equals(other))
      for (const received of [one, other]) {
        const count = differences(clean, received).length
        assert.isTrue(count >= 10 && count <= 30, `${count} of 40 chunks`)
      }
    })
  )
})
