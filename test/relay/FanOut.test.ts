import * as NodeWS from "@effect/platform-node/NodeWS"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { monotonicNow } from "../../src/relay/Clock.ts"
import { OpenRoom } from "../../src/relay/OpenRoom.ts"
import { RelayCounts } from "../../src/relay/RelayCounts.ts"
import { Tally } from "../../src/relay/Tally.ts"
import { SessionId, UserId } from "../../src/Session.ts"
import { fakeConnection, textsOf } from "./FakeSocket.ts"
import { joinRaw } from "./RawReceiver.ts"
import { gone, join, type Reply, state } from "./RelayClient.ts"
import { relay } from "./relayTest.ts"

describe("an announce", () => {
  relay("[S6] of locations that no stack is deep enough to write is refused", (url) =>
    Effect.gen(function* () {
      const client = yield* join(url, "p-ada")
      const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels)
      const announce = (locations: string) =>
        client.send(
          `{"jsonrpc":"2.0","id":"deep","method":"presence_announce","params":{"data":{"sessionId":"s","locations":${locations}}}}`
        )
      for (const levels of [102, 1_000, 10_000, 100_000]) announce(nested(levels))
      assert.deepEqual(yield* client.rest, [])
      announce(nested(50))
      assert.deepEqual(yield* client.rest, [state("p-ada", "s", JSON.parse(nested(50)))])
    })
  )
})

const defaults = {
  announceInterval: 50,
  batchInterval: 10,
  returnGrace: 1_000,
  rollCallInterval: 1_000
}

describe("an event", () => {
  it("[S8] is put into a frame once, and every receiver's socket is given the same bytes", () => {
    const counts = new RelayCounts()
    const room = new OpenRoom({
      settings: { announceInterval: 50, batchInterval: 10 },
      counts,
      held: new Tally(),
      share: () => undefined,
      onEmpty: () => undefined
    })
    const receivers = Array.from({ length: 100 }, () => fakeConnection(counts))
    for (const { connection } of receivers) room.subscribe(connection)
    let written = 0
    const location = { toJSON: () => ++written }
    const [first] = receivers
    assert(first !== undefined)
    const { owner } = first.connection
    room.publish([
      room.table.announce(
        owner,
        UserId.make("p-ada"),
        SessionId.make("s"),
        [location],
        monotonicNow()
      )
    ])
    room.close()
    assert.strictEqual(written, 1)
    const chunks = receivers.map(({ socket }) => socket.chunks)
    for (const of of chunks) {
      assert.lengthOf(of, 1)
      assert.strictEqual(of[0], chunks[0]?.[0])
    }
    assert.deepStrictEqual([counts.events, counts.deliveries, counts.writes], [1, 100, 100])
  })

  relay(
    "[S8] is the same bytes on the wire for everyone, alone and in batches",
    (url) =>
      Effect.gen(function* () {
        const one = yield* joinRaw(url, "p-one")
        const other = yield* joinRaw(url, "p-other")
        const senders = yield* Effect.forEach([..."abcdefgh"], (name) => join(url, `p-${name}`))
        for (let word = 0; word < 20; word++) {
          yield* Effect.forEach(
            senders,
            (sender) => sender.announce("s", [word, "ключ ♥", "x".repeat(word * 40)]),
            {
              concurrency: "unbounded"
            }
          )
        }
        yield* Effect.forEach(senders, (sender) => sender.disconnect("s"))
        const goodbyes = (bytes: Buffer) =>
          textsOf(bytes).filter((text) => text.includes('"disconnect"')).length
        yield* one.until(() => goodbyes(one.bytes()) === senders.length)
        yield* other.until(() => other.bytes().length >= one.bytes().length)
        assert.isAbove(one.bytes().length, 1_000)
        assert.isTrue(one.bytes().equals(other.bytes()))
        assert.strictEqual(one.reply, other.reply)
      }),
    defaults
  )

  relay(
    "[S8] after a quiet moment is out before its sender has an answer",
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-ada")
        for (let word = 0; word < 5; word++) {
          yield* Effect.sleep(100)
          yield* client.announce("s", [word])
          assert.deepEqual(yield* client.waiting, [state("p-ada", "s", [word])])
        }
      }),
    defaults
  )

  relay(
    "[S8] of a thousand in a burst is never lost: the last word of every session arrives",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const senders = yield* Effect.forEach(
          Array.from({ length: 100 }, (_, n) => n),
          (n) => join(url, `p-${n}`)
        )
        yield* Effect.forEach(
          senders.flatMap((sender) => Array.from({ length: 10 }, (_, word) => ({ sender, word }))),
          ({ sender, word }) => sender.announce("s", [word]),
          { concurrency: "unbounded" }
        )
        const words = new Map<string, unknown>()
        let events = 0
        while (words.size < 100 || [...words.values()].some((word) => word !== 9)) {
          const event = yield* watcher.next
          assert(event.type === "state")
          words.set(event.i, event.m.locations[0])
          events++
        }
        console.log(`burst: 1000 announces of 100 sessions came as ${events} events`)
        assert.isAtMost(events, 1_000)
      }),
    defaults
  )
})

describe("a connection whose sessions come and go", () => {
  relay(
    "[S10] begins no more of them in a second than it may have, and is told so",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const sender = yield* join(url, "p-ada")
        const start = performance.now()
        let refused = 0
        for (let n = 0; n < 500; n++) {
          const { error } = yield* sender.announce(`s${n}`)
          if (error !== undefined) refused++
          yield* sender.disconnect(`s${n}`)
        }
        const seconds = Math.ceil((performance.now() - start) / 1_000)
        assert.isAtLeast(refused, 500 - 20 * seconds)
        const events = (yield* watcher.rest).length
        assert.isAtMost(events, 2 * 20 * seconds)
        yield* Effect.sleep(1_000)
        assert.isUndefined((yield* sender.announce("later")).error)
        assert.isUndefined((yield* sender.announce("later")).error)
      }),
    defaults
  )
})

describe("a session that announces 200 times a second", () => {
  relay(
    "[S8] is published 20 times a second, refused never, and its last word arrives",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const sender = yield* join(url, "p-ada")
        const start = performance.now()
        const replies: Array<Fiber.Fiber<Reply>> = []
        for (let word = 1; word <= 600; word++) {
          const early = start + word * 5 - performance.now()
          if (early > 0) yield* Effect.sleep(early)
          replies.push(
            yield* Effect.forkChild(sender.announce("s", [word]), { startImmediately: true })
          )
        }
        for (const reply of replies) assert.isUndefined((yield* Fiber.join(reply)).error)
        const seconds = (performance.now() - start) / 1_000
        let events = 0
        let last: unknown
        while (last !== 600) {
          const event = yield* watcher.next
          assert(event.type === "state")
          const [word] = event.m.locations
          assert.isAbove(Number(word), Number(last ?? 0))
          last = word
          events++
        }
        console.log(
          `200 Hz: ${(events / seconds).toFixed(1)} events a second over ${seconds.toFixed(1)} s`
        )
        assert.isAtMost(events, seconds * 20 + 2)
        assert.isAtLeast(events, seconds * 12)
      }),
    defaults
  )
})

describe("a reader that is hopeless", () => {
  relay(
    "[S12] finds a 1013 at the end of what it has not read, and has time to come back",
    (url) =>
      Effect.gen(function* () {
        const closed = yield* Deferred.make<void>()
        const close = vi.spyOn(NodeWS.WebSocket.prototype, "close").mockImplementation(function (
          this: NodeWS.WebSocket,
          ...[code, reason]: Parameters<NodeWS.WebSocket["close"]>
        ) {
          close.mockRestore()
          this.close(code, reason)
          if (code === 1013) Deferred.doneUnsafe(closed, Effect.void)
        })
        yield* Effect.addFinalizer(() => Effect.sync(() => close.mockRestore()))
        const watcher = yield* join(url, "p-watcher")
        const stuck = yield* join(url, "p-stuck")
        yield* stuck.announce("s")
        stuck.socket.pause()
        const sender = yield* join(url, "p-ada")
        const flood = Effect.forever(sender.announce("s", ["x".repeat(200_000)]))
        yield* Effect.raceFirst(flood, Deferred.await(closed))
        stuck.socket.resume()
        const { code, reason } = yield* stuck.closed
        assert.strictEqual(code, 1013)
        assert.include(reason, "too slow")
        const closedAt = performance.now()
        let event = yield* watcher.next
        while (event.type !== "disconnect") event = yield* watcher.next
        assert.deepEqual(event, gone("p-stuck", "s"))
        assert.isAtLeast(performance.now() - closedAt, 1_500)
      }),
    { slowReaderTimeout: 500, silenceTimeout: "15 seconds", nodeReturnGrace: 2_000 }
  )
})

describe("roll calls", () => {
  relay(
    "[S5] of 200 who join at once cost what each must learn, and nobody is asked",
    (url) =>
      Effect.gen(function* () {
        const count = 200
        const members = yield* Effect.forEach(
          Array.from({ length: count }, (_, n) => n),
          (n) =>
            Effect.gen(function* () {
              const client = yield* join(url, `p-${n}`)
              yield* client.rollCall("s")
              yield* client.announce("s", [n])
              return client
            }),
          { concurrency: "unbounded" }
        )
        let states = 0
        for (const [n, member] of members.entries()) {
          const known = new Map<string, unknown>()
          while (known.size < count) {
            const event = yield* member.next
            assert(event.type === "state", `member ${n} was sent a ${event.type}`)
            known.set(event.i, event.m.locations[0])
            states++
          }
          for (let other = 0; other < count; other++)
            assert.strictEqual(known.get(`p-${other}`), other)
        }
        for (const member of members) states += (yield* member.rest).length
        const least = count * count
        console.log(
          `roll calls: ${count} joined with ${states} states, ${least} at least (${(states / least).toFixed(2)})`
        )
        assert.isAtMost(states, least * 1.5)
      }),
    defaults
  )

  relay(
    "[S5] in a flood from one connection are answered once per interval",
    (url) =>
      Effect.gen(function* () {
        const other = yield* join(url, "p-other")
        yield* other.announce("s")
        const client = yield* join(url, "p-ada")
        const start = performance.now()
        const replies = yield* Effect.forEach(
          Array.from({ length: 1_000 }),
          () => client.rollCall("s"),
          {
            concurrency: "unbounded"
          }
        )
        for (const { error } of replies) assert.isUndefined(error)
        assert.deepEqual(yield* client.next, state("p-other", "s"))
        assert.deepEqual(yield* client.next, state("p-other", "s"))
        assert.isAtLeast(performance.now() - start, 990)
        yield* Effect.sleep(1_200)
        assert.deepEqual(yield* client.rest, [])
      }),
    { ...defaults, maxRequestsPerSecond: 10_000 }
  )
})
