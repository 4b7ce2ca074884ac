/** The network, or somebody on it, delivers what was said twice, late, and in another order. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import * as Aging from "../../src/Aging.ts"
import { fromReported } from "../../src/Location.ts"
import * as PresenceConfig from "../../src/PresenceConfig.ts"
import { Presence } from "../../src/Presence.ts"
import * as PresenceState from "../../src/PresenceState.ts"
import * as Roster from "../../src/Roster.ts"
import { SessionId, type SessionKey, sessionKey, UserId } from "../../src/Session.ts"
import { TestRoom, TestTransport } from "../../src/testing/index.ts"
import { settle } from "../support/FakeWebSocket.ts"
import { makeRandom, type Random } from "./replayRandom.ts"

const ttl = 90_000
const { limits } = PresenceConfig.make({})

const Said = Schema.Struct({
  // The same session ids under two users.
  user: Schema.Literals(["u1", "u2"]),
  session: Schema.Literals(["s1", "s2", "s3"]),
  kind: Schema.Literals(["move", "move", "move", "leave"])
})
type Said = typeof Said.Type
const History = Schema.Array(Said).check(Schema.isMaxLength(40))
const Seed = Schema.Int

const toEvent = ({ kind, session, user }: Said, documentId: string): PresenceState.SessionEvent => {
  const userId = UserId.make(user)
  const sessionId = SessionId.make(session)
  return kind === "leave"
    ? { _tag: "Disconnect", userId, sessionId }
    : { _tag: "State", userId, sessionId, locations: [fromReported({ documentId }, "")] }
}

const keyOf = ({ sessionId, userId }: PresenceState.SessionEvent) => sessionKey(userId, sessionId)

/** The last word of every session: those that live, and those that have departed. */
const truthOf = (events: ReadonlyArray<PresenceState.SessionEvent>) => {
  const last = new Map(events.map((event) => [keyOf(event), event]))
  return {
    living: [...last.values()].filter(({ _tag }) => _tag === "State"),
    departed: new Set([...last].flatMap(([key, { _tag }]) => (_tag === "Disconnect" ? [key] : [])))
  }
}

/** Everything once at least, some of it up to three times, in any order. */
const replayOf = <A>(random: Random, items: ReadonlyArray<A>): ReadonlyArray<A> =>
  random.shuffle(items.flatMap((item) => Array.from({ length: 1 + random.int(3) }, () => item)))

const documents = (state: PresenceState.PresenceState) =>
  new Map(
    Array.from(HashMap.entries(state.sessions), ([key, { locations }]) => [
      key,
      locations.map(({ documentId }) => documentId).join()
    ])
  )

const documentsOf = (events: ReadonlyArray<PresenceState.SessionEvent>) =>
  new Map(
    events.map((event) => [
      keyOf(event),
      event._tag === "State" ? event.locations.map(({ documentId }) => documentId).join() : ""
    ])
  )

const sorted = (documents: ReadonlyMap<SessionKey, string>) => [...documents].toSorted()

describe("replay", () => {
  it.prop(
    "[R10] after any replay, one announce of each who lives gives the truth; who has departed goes with the TTL",
    [History, Seed],
    ([history, seed]) => {
      const random = makeRandom(seed)
      const events = history.map((said, index) => toEvent(said, `doc-${index}`))
      const { departed, living } = truthOf(events)
      const truth = documentsOf(living)
      let roster = Roster.empty
      let now = 0
      const hear = (event: PresenceState.SessionEvent) => {
        roster = Roster.apply(roster, [event], now, limits).roster
      }
      for (const event of replayOf(random, events)) {
        now += random.int(1_000)
        hear(event)
      }
      const replayedUntil = now

      for (const event of random.shuffle(living)) hear(event)
      const after = documents(roster.state)
      for (const [key, documentId] of truth) assert.strictEqual(after.get(key), documentId)
      for (const key of after.keys()) assert.isTrue(truth.has(key) || departed.has(key))

      // They go on announcing every 30 s, and each time whoever is due goes.
      for (let beat = 0; beat < 3; beat++) {
        now += 30_000
        for (const event of living) hear(event)
        roster = Aging.expire(roster, now, ttl).roster
      }
      assert.strictEqual(now, replayedUntil + ttl)
      assert.deepStrictEqual(sorted(documents(roster.state)), sorted(truth))
    },
    { arbitrary: { runs: 500 } }
  )

  const TestLive = Presence.layer.pipe(Layer.provideMerge(TestTransport.layer()))

  /** Records what the room delivers, but for roll calls: their answers would repair everything. */
  const record = Effect.fnUntraced(function* (room: TestRoom["Service"]) {
    const tape: Array<string> = []
    yield* room.enter((frame) => {
      if (!frame.includes('"rollCall"')) tape.push(frame)
    })
    return tape
  })

  it.effect(
    "[R10] a client that gets a replay of the last minutes knows the truth one announce interval later",
    () =>
      Effect.gen(function* () {
        const presence = yield* Presence
        const room = yield* TestRoom
        const left: Array<string> = []
        yield* presence.changes.pipe(
          Stream.runForEach((change) =>
            Effect.sync(() => {
              if (change._tag === "Left") left.push(`${change.session.userId} ${change.reason}`)
            })
          ),
          Effect.forkScoped({ startImmediately: true })
        )
        yield* settle
        const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31)
        console.log(`replay: FUZZ_SEED=${seed}`)
        const random = makeRandom(seed)
        const tape = yield* record(room)
        yield* presence.report([{ documentId: "own" }])
        const truth = new Map<SessionKey, string>()
        const people = yield* Effect.forEach(["p-1", "p-2", "p-3", "p-4", "p-5"], (userId) =>
          Effect.andThen(TestClock.adjust(random.int(20_000)), room.join({ userId }))
        )
        for (let step = 0; step < 100; step++) {
          const documentId = `drafts.doc-${step}`
          for (const person of random.shuffle(people).slice(0, 1)) {
            yield* person.move([{ documentId }])
            truth.set(sessionKey(person.userId, person.sessionId), documentId)
          }
          yield* TestClock.adjust(random.int(2_000))
        }
        for (const { leave, sessionId, userId } of people.slice(0, 1)) {
          yield* leave
          truth.delete(sessionKey(userId, sessionId))
        }
        yield* settle
        const state = Effect.map(SubscriptionRef.get(presence.state), documents)
        assert.deepStrictEqual(sorted(yield* state), sorted(truth))

        const recorded = tape.slice()
        const ghost = recorded.filter((frame) => frame.includes('"state","i":"p-1"')).slice(0, 1)
        const replay = [...replayOf(random, recorded), ...ghost]
        for (const frame of replay) {
          yield* room.deliver(frame)
          yield* TestClock.adjust(random.int(20))
        }
        const confused = yield* state
        yield* TestClock.adjust("30 seconds")
        const repaired = yield* state
        for (const [key, documentId] of truth) assert.strictEqual(repaired.get(key), documentId)
        assert.strictEqual(repaired.size, truth.size + 1, "the departed one is back")

        left.length = 0
        yield* TestClock.adjust("61 seconds")
        assert.deepStrictEqual(sorted(yield* state), sorted(truth))
        assert.deepStrictEqual(left, ["p-1 expired"])
        const wrong = [...truth].filter(([key, at]) => confused.get(key) !== at).length
        console.log(
          `replay: ${recorded.length} events recorded, ${replay.length} replayed: ` +
            `${wrong} of ${truth.size} sessions were wrong then, none 30 s later; the departed one expired`
        )
      }).pipe(Effect.provide(TestLive))
  )
})
