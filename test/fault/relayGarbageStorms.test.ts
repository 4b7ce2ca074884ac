/** Requests that are all right, each by itself, and far too many of them. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually } from "../relay/RawSocket.ts"
import { connect, join, state } from "../relay/RelayClient.ts"
import { relay } from "../relay/relayTest.ts"
import { metric, other, refusals } from "../relay/visitor.ts"

/** As they are by default, but for the pace at which a connection is read: a storm is to arrive. */
const options = {
  maxRequestsPerSecond: 1_000_000,
  announceInterval: 50,
  batchInterval: 10,
  rollCallInterval: 1_000,
  returnGrace: 1_000
} as const

type Client = Effect.Success<ReturnType<typeof join>>

/** Sends it many times at once, and waits until all of it has been read. */
const storm = (
  { rest, send }: Pick<Client, "rest" | "send">,
  count: number,
  method: string,
  params: (n: number) => object
) =>
  Effect.suspend(() => {
    const start = performance.now()
    for (let n = 0; n < count; n++) {
      send(JSON.stringify({ jsonrpc: "2.0", method, params: params(n) }))
    }
    return Effect.map(rest, () => performance.now() - start)
  })

const count = (url: string, name: string) => Effect.promise(() => metric(url, name))

/** Takes events until one fits: those of a storm may stand between. */
const see = ({ next }: Pick<Client, "next">, expected: unknown): Effect.Effect<void> =>
  Effect.flatMap(next, (event) =>
    JSON.stringify(event) === JSON.stringify(expected) ? Effect.void : see({ next }, expected)
  )

describe("a storm of", () => {
  relay("[S13] requests is read at a pace, by default too, and nobody else waits for it", (url) =>
    Effect.gen(function* () {
      const ada = yield* join(url, "p-ada", other)
      const stormy = yield* join(url, "p-stormy")
      const reading = storm(stormy, 1_200, "presence_subscribe", () => ({}))
      const asking = Effect.gen(function* () {
        const start = performance.now()
        yield* ada.announce("s")
        return performance.now() - start
      })
      const [took, waited] = yield* Effect.all([reading, asking], { concurrency: "unbounded" })
      assert.isAtLeast(took, 1_900)
      assert.isBelow(waited, took)
      assert.strictEqual(yield* refusals(url, "requests"), 0)
    })
  )

  relay(
    "[S10] roll calls is answered once, and once more when its time has come",
    (url) =>
      Effect.gen(function* () {
        const ada = yield* join(url, "p-ada")
        for (let n = 0; n < 20; n++) yield* ada.announce(`s${n}`)
        const caller = yield* join(url, "p-caller")
        const took = yield* storm(caller, 5_000, "presence_rollcall", () => ({ session: "c" }))
        assert.isAtMost(yield* count(url, "roll_calls_answered_total"), 1 + took / 1_000)
        yield* eventually(
          "the second answer",
          async () => (await metric(url, "roll_calls_answered_total")) >= 2
        )
        assert.isAtMost(yield* count(url, "roll_calls_answered_total"), 2 + took / 1_000)
        assert.isUndefined((yield* ada.announce("s0", ["goes on"])).error)
      }),
    options
  )

  relay(
    "[S8] announces is told as often as people move, its last word for certain",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const ada = yield* join(url, "p-ada")
        const before = yield* count(url, "events_published_total")
        const took = yield* storm(ada, 10_000, "presence_announce", (n) => ({
          data: { sessionId: "s", locations: [n] }
        }))
        yield* see(watcher, state("p-ada", "s", [9_999]))
        const events = (yield* count(url, "events_published_total")) - before
        console.log(`storm: 10,000 announces in ${took.toFixed(0)} ms became ${events} events`)
        assert.isAtMost(events, 2 + (took + 1_000) / 50)
        assert.strictEqual(yield* count(url, "sessions"), 1)
      }),
    options
  )

  relay(
    "[S10] session ids leaves those that a connection may have",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const many = yield* join(url, "p-many")
        yield* storm(many, 10_000, "presence_announce", (n) => ({
          data: { sessionId: `s${n}`, locations: [] }
        }))
        assert.strictEqual(yield* count(url, "sessions"), 20)
        assert.strictEqual(yield* refusals(url, "sessions-per-connection"), 9_980)
        const bob = yield* join(url, "p-bob")
        yield* bob.announce("b")
        yield* see(watcher, state("p-bob", "b"))
      }),
    options
  )

  relay(
    "[S10] sessions that come and go costs the others no more than as many that stay",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const many = yield* join(url, "p-many")
        const start = performance.now()
        for (let n = 0; n < 5_000; n++) {
          const session = `s${n}`
          const said = [
            ["presence_announce", { data: { sessionId: session, locations: [] } }],
            ["presence_disconnect", { session }]
          ] as const
          for (const [method, params] of said) {
            many.send(JSON.stringify({ jsonrpc: "2.0", method, params }))
          }
        }
        yield* many.rest
        const seconds = Math.ceil((performance.now() - start) / 1_000)
        assert.strictEqual(yield* count(url, "sessions"), 0)
        yield* many.announce("last")
        assert.isAtMost(yield* count(url, "events_published_total"), (seconds + 1) * 2 * 20)
        const bob = yield* join(url, "p-bob")
        yield* bob.announce("b")
        yield* see(watcher, state("p-bob", "b"))
      }),
    options
  )

  relay(
    "[S6] subscriptions costs nothing: each event comes once, until as many have ended",
    (url) =>
      Effect.gen(function* () {
        const ada = yield* join(url, "p-ada")
        const subscriptionId = (yield* ada.subscribe).result
        yield* storm(ada, 10_000, "presence_subscribe", () => ({}))
        yield* ada.announce("s")
        assert.deepEqual(yield* ada.next, state("p-ada", "s"))
        assert.deepEqual(yield* ada.rest, [])
        yield* storm(ada, 10_002, "presence_unsubscribe", () => ({ subscriptionId }))
        const { error } = yield* ada.call("presence_unsubscribe", { subscriptionId })
        assert.strictEqual(error?.code, -32_602)
      }),
    options
  )

  relay(
    "[S1] authorizations leaves the last user, and none of the sessions of those before",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const client = yield* connect(url)
        yield* storm(client, 2_000, "authorization", (n) => ({
          authorization: n % 400 === 0 ? "Bearer n o" : `Bearer p-${n}`
        }))
        yield* client.announce("s")
        yield* see(watcher, state("p-1999", "s"))
        assert.strictEqual(yield* refusals(url, "unauthorized"), 5)
        assert.strictEqual(yield* count(url, "sessions"), 1)
      }),
    options
  )
})
