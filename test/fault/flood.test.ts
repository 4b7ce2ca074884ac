/** Somebody announces more sessions than a room can hold, through the wire, to the real client. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Presence, PresenceConfig } from "../../src/index.ts"
import { Relay } from "../../src/relay/index.ts"
import * as RelayClient from "../relay/RelayClient.ts"
import { relayWith } from "../relay/relayTest.ts"
import * as FloodHeap from "./heap.ts"
import { dropped, enter, sessionIn, statusesOf, until } from "./observe.ts"
import * as SpoofProxy from "./InjectingProxy.ts"

const total = 20_000
const block = 500
const honest = ["p-h1", "p-h2", "p-h3", "p-h4", "p-h5"]

/** What became of whom. */
const follow = Effect.fnUntraced(function* (presence: Presence["Service"]) {
  const seen = { joined: 0, displaced: 0, honestLeft: 0 }
  yield* presence.changes.pipe(
    Stream.runForEach((change) =>
      Effect.sync(() => {
        if (change._tag === "Joined") seen.joined += 1
        if (change._tag !== "Left") return
        if (change.reason === "displaced") seen.displaced += 1
        if (honest.includes(change.session.userId)) seen.honestLeft += 1
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  return seen
})

/** A room with honest people in it, and a client that is about to be flooded. */
const setup = Effect.fnUntraced(function* (config: PresenceConfig.PresenceConfigInput) {
  const { url } = yield* Relay
  for (const user of honest) {
    const client = yield* RelayClient.join(url, user)
    yield* client.announce("s")
  }
  const proxy = yield* SpoofProxy.make(url)
  const presence = yield* enter(proxy.url, "p-ada", config)
  const statuses = yield* statusesOf(presence)
  const seen = yield* follow(presence)
  yield* until(presence, "the honest", ({ sessions }) => HashMap.size(sessions) === honest.length)

  /** A new user in the room, by way of the relay; in how many milliseconds the client sees it. */
  const latecomer = Effect.fnUntraced(function* (user: string) {
    const client = yield* RelayClient.join(url, user)
    yield* Effect.forkScoped(client.announce("late"))
    return yield* until(presence, user, (s) => sessionIn(s, user, "late") !== undefined)
  })

  /** Sends the flood; halfway, and after it, somebody comes. */
  const flood = Effect.fnUntraced(function* (name: string, userOf: (index: number) => string) {
    const waits: Array<number> = []
    const start = performance.now()
    for (let sent = 0; sent < total; sent += block) {
      if (sent === total / 2) waits.push(yield* latecomer(`p-amid-${name}`))
      yield* proxy.publish(
        Array.from({ length: block }, (_, offset) => {
          const location = { type: "document", documentId: "a", path: [], lastActiveAt: "" }
          const sessionId = `${name}-${sent + offset}`
          return {
            type: "state",
            i: userOf(sent + offset),
            m: { sessionId, locations: [location] }
          }
        })
      )
    }
    waits.push(yield* latecomer(`p-after-${name}`))
    return { waits, seconds: (performance.now() - start) / 1000, heap: yield* FloodHeap.heapUsed }
  })

  const size = Effect.map(SubscriptionRef.get(presence.state), (s) => HashMap.size(s.sessions))
  return { presence, statuses, seen, flood, size }
})

const live = (name: string, test: Effect.Effect<void, unknown, Scope.Scope | Relay>) =>
  it.live(name, () =>
    test.pipe(
      Effect.provide(relayWith({})),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  )

interface Flood {
  readonly waits: ReadonlyArray<number>
  readonly seconds: number
  readonly heap: number
}

const say = (name: string, floods: ReadonlyArray<Flood>, before: number, more: string) => {
  for (const [index, { heap, seconds, waits }] of floods.entries()) {
    const latecomers = waits.map((wait) => `${wait.toFixed(0)} ms`).join(", ")
    console.log(
      `flood of ${name}, ${index + 1}: ${total} sessions in ${seconds.toFixed(2)} s, ` +
        `latecomers seen after ${latecomers}, heap ${before.toFixed(1)} -> ${heap.toFixed(1)} MB${more}`
    )
  }
}

describe("floods", () => {
  live(
    "[R6] 20,000 sessions of one user: a hundred are shown, the others counted, nobody else suffers",
    Effect.gen(function* () {
      const { flood, seen, size, statuses } = yield* setup({})
      const before = yield* FloodHeap.heapUsed
      const first = yield* flood("a", () => "p-hostile")
      assert.strictEqual(yield* size, honest.length + 100 + 2)
      assert.strictEqual(yield* dropped("sessions-per-user"), total - 100)
      const second = yield* flood("b", () => "p-hostile")
      say("one user", [first, second], before, "")
      assert.strictEqual(yield* size, honest.length + 100 + 4)
      assert.strictEqual(yield* dropped("sessions-per-user"), 2 * total - 100)
      assert.strictEqual(yield* dropped("sessions"), 0)
      assert.strictEqual(seen.displaced, 0)
      assert.strictEqual(seen.honestLeft, 0)
      assert.deepStrictEqual(statuses, ['{"_tag":"Connecting"}', "Connected 1"])
      assert.isBelow(first.heap - before, 3)
      assert.isBelow(second.heap - first.heap, 2)
    })
  )

  live(
    "[R6] 20,000 sessions of 2,000 users: no more than the room holds, and no honest user goes without a place",
    Effect.gen(function* () {
      const sessions = 5_000
      const { flood, presence, seen, size, statuses } = yield* setup({ limits: { sessions } })
      const before = yield* FloodHeap.heapUsed
      const userOf = (index: number) => `p-hostile-${Math.floor(index / 10)}`
      const first = yield* flood("a", userOf)
      assert.strictEqual(yield* size, sessions)
      const second = yield* flood("b", userOf)
      const refused = yield* dropped("sessions")
      say(
        "2,000 users",
        [first, second],
        before,
        `, ${refused} refused, ${seen.displaced} displaced`
      )
      assert.strictEqual(yield* size, sessions)
      assert.strictEqual(yield* dropped("sessions-per-user"), 0)
      // Everyone who announced was let in or counted, and who is not there any more was displaced.
      assert.strictEqual(seen.joined + refused, honest.length + 2 * total + 4)
      assert.strictEqual(seen.joined - seen.displaced, sessions)
      assert.strictEqual(seen.honestLeft, 0)
      const state = yield* SubscriptionRef.get(presence.state)
      for (const user of honest) assert.isDefined(sessionIn(state, user, "s"), user)
      assert.deepStrictEqual(statuses, ['{"_tag":"Connecting"}', "Connected 1"])
      assert.isBelow(second.heap - first.heap, 2)
    })
  )
})
