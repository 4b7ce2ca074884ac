/** How fast a connection is read: who sends more than others gets later answers, and nobody else does. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Pace, paceWindow } from "../../src/relay/Pace.ts"
import { eventually } from "./RawSocket.ts"
import { connect, join, state } from "./RelayClient.ts"
import { relay } from "./relayTest.ts"
import { couple, metric, other, refusals } from "./visitor.ts"

describe("a second's worth of requests", () => {
  it("[S13] is so many, and as many again in the next second", () => {
    const pace = new Pace()
    for (const start of [1_000, 1_000 + paceWindow, 5_000]) {
      assert.isTrue(pace.admits(10, start, 2))
      assert.isTrue(pace.admits(10, start + paceWindow - 1, 2))
      assert.isFalse(pace.admits(10, start + paceWindow - 1, 2))
      assert.strictEqual(pace.rest(start + paceWindow - 1), 1)
    }
  })

  it("[S13] is fewer large ones, and one of any size at least", () => {
    const pace = new Pace()
    assert.isTrue(pace.admits(4_095, 0, 4))
    assert.isTrue(pace.admits(2 * 4_096, 0, 4))
    assert.isFalse(pace.admits(0, 0, 4))
    assert.isTrue(pace.admits(1_000_000, paceWindow, 4))
    assert.isFalse(pace.admits(0, paceWindow, 4))
  })
})

const received = (url: string) => Effect.promise(() => metric(url, "frames_received_total"))

describe("a connection that sends more requests than are read in a second", () => {
  relay(
    "[S13] has all of them answered in their order, later, and holds up nobody",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url, other)
        const watcher = yield* join(url, "p-watcher")
        const fast = yield* join(url, "p-fast")
        const order: Array<number> = []
        const numbers = Array.from({ length: 160 }, (_, n) => n)
        const started = performance.now()
        const elapsed = Effect.sync(() => performance.now() - started)
        const announces = Effect.forEach(
          numbers,
          (n) => Effect.tap(fast.announce("s", [n]), () => Effect.sync(() => void order.push(n))),
          { concurrency: "unbounded" }
        )
        const [replies, othersTook] = yield* Effect.all(
          [announces, Effect.andThen(goOn, elapsed)],
          { concurrency: "unbounded" }
        )
        // The first second has its authorization and its subscription in it.
        const took = yield* elapsed
        assert.isAtLeast(took, 2_000)
        assert.isBelow(othersTook, took)
        assert.isTrue(replies.every(({ error }) => error === undefined))
        assert.deepEqual(order, numbers)
        assert.strictEqual(yield* refusals(url, "requests"), 0)
        let last: unknown
        while (JSON.stringify(last) !== JSON.stringify(state("p-fast", "s", [159]))) {
          last = yield* watcher.next
        }
      }),
    { maxRequestsPerSecond: 50 }
  )

  relay(
    "[S13] is not read on: the rest waits in the network",
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-fast")
        for (let n = 0; n < 100; n++) client.send("x".repeat(200_000))
        assert.strictEqual((yield* client.stray).code, -32_700)
        // What was said before, the first, and what came in the same read.
        assert.isAtMost(yield* received(url), 8)
        assert.isAbove(client.socket.bufferedAmount, 10_000_000)
        assert.strictEqual((yield* client.stray).code, -32_700)
      }),
    { maxRequestsPerSecond: 10 }
  )

  relay(
    "[S13] gets no more pongs for its pings than answers",
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-fast")
        let pongs = 0
        client.socket.on("pong", () => pongs++)
        client.socket.ping("alive?")
        yield* eventually("a pong", () => pongs === 1)
        const started = performance.now()
        for (let n = 0; n < 500; n++) client.socket.ping()
        yield* client.rest
        const seconds = Math.ceil((performance.now() - started) / paceWindow)
        assert.isAtMost(pongs, 50 * (seconds + 1))
      }),
    { maxRequestsPerSecond: 50 }
  )

  relay(
    "[S13] is counted as one that was not read for a while, by the reason",
    (url) =>
      Effect.gen(function* () {
        const pauses = (reason: string) => metric(url, "pauses_total", `reason="${reason}"`)
        yield* couple(url)
        assert.strictEqual(yield* Effect.promise(() => pauses("requests")), 0)
        const fast = yield* join(url, "p-fast")
        for (let n = 0; n < 160; n++) fast.send(`{"jsonrpc":"2.0","method":"none"}`)
        yield* eventually("a pause", async () => (await pauses("requests")) > 0)
        assert.strictEqual(yield* Effect.promise(() => pauses("bytes")), 0)
      }),
    { maxRequestsPerSecond: 50 }
  )

  relay(
    "[S4] is gone once it is read again, where it has ended meanwhile",
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-fast")
        for (let n = 0; n < 60; n++) client.send(`{"jsonrpc":"2.0","method":"none"}`)
        yield* eventually("read", async () => (await metric(url, "frames_received_total")) === 62)
        client.socket.terminate()
        yield* eventually("gone", async () => (await metric(url, "connections")) === 0)
      }),
    { maxRequestsPerSecond: 50 }
  )
})

describe("a connection that is not authorized", () => {
  const frames: ReadonlyArray<string | Uint8Array> = ["{", "[]", new Uint8Array([1, 2, 3])]
  for (const frame of frames) {
    relay(`[S13] is closed for a frame that is no request: ${String(frame)}`, (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url)
        const client = yield* connect(url)
        client.send(frame)
        yield* client.stray
        assert.deepEqual(yield* client.closed, {
          code: 1008,
          reason: "this is no request; authorize first"
        })
        assert.strictEqual(yield* refusals(url, "requests"), 1)
        yield* goOn
      })
    )
  }

  relay("[S13] is closed for 21 requests, authorizations that are refused among them", (url) =>
    Effect.gen(function* () {
      const client = yield* connect(url)
      for (let n = 0; n < 10; n++) {
        assert.strictEqual((yield* client.subscribe).error?.code, 4001)
        assert.strictEqual((yield* client.authorize("n o")).error?.code, 4001)
      }
      yield* Effect.forkChild(client.subscribe)
      assert.deepEqual(yield* client.closed, {
        code: 4001,
        reason: "too many requests without an authorization"
      })
    })
  )

  relay("[S13] may be as late with its token as it has requests left", (url) =>
    Effect.gen(function* () {
      const client = yield* connect(url)
      for (let n = 0; n < 19; n++) yield* client.subscribe
      assert.isUndefined((yield* client.authorize("p-ada")).error)
      for (let n = 0; n < 30; n++) assert.isUndefined((yield* client.announce("s")).error)
      client.send("{")
      assert.strictEqual((yield* client.stray).code, -32_700)
      assert.isUndefined((yield* client.announce("s")).error)
    })
  )
})
