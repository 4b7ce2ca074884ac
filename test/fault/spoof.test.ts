/** Somebody speaks in another's name, to the real client. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Method } from "../../src/bifur/BifurEvent.ts"
import type { Presence, PresenceState } from "../../src/index.ts"
import { Relay } from "../../src/relay/index.ts"
import * as RelayClient from "../relay/RelayClient.ts"
import { relayWith } from "../relay/relayTest.ts"
import { enter, sessionIn, until } from "./observe.ts"
import * as SpoofProxy from "./InjectingProxy.ts"
import { isStep } from "../support/isStep.ts"

const live = (name: string, test: Effect.Effect<void, unknown, Scope.Scope | Relay>) =>
  it.live(name, () =>
    test.pipe(
      Effect.provide(relayWith({ rollCall: "forward" })),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  )

const at = (documentId: string) => [{ type: "document", documentId, path: [], lastActiveAt: "" }]

const documentOf = (state: PresenceState.PresenceState, userId: string, sessionId: string) =>
  sessionIn(state, userId, sessionId)?.locations[0]?.documentId

/** What the client says of bob's one session, in order. */
const changesOf = Effect.fnUntraced(function* (
  presence: Presence["Service"],
  userId: string,
  sessionId: string
) {
  const changes: Array<string> = []
  yield* presence.changes.pipe(
    Stream.filter(isStep),
    Stream.filter(({ session }) => session.userId === userId && session.sessionId === sessionId),
    Stream.runForEach(({ _tag }) => Effect.sync(() => changes.push(_tag))),
    Effect.forkScoped({ startImmediately: true })
  )
  return changes
})

/** The client under test as p-ada, with p-bob at "home" in the same room. */
const setup = Effect.gen(function* () {
  const { url } = yield* Relay
  const proxy = yield* SpoofProxy.make(url)
  const presence = yield* enter(proxy.url, "p-ada")
  yield* presence.ready
  const changes = yield* changesOf(presence, "p-bob", "bob")
  const bob = yield* RelayClient.join(url, "p-bob")
  yield* bob.announce("bob", at("home"))
  yield* until(presence, "bob", (state) => documentOf(state, "p-bob", "bob") === "home")

  /** Everything that was sent before has been dealt with: bob's next move is seen. */
  const bobMoves = Effect.fnUntraced(function* (documentId: string) {
    yield* bob.announce("bob", at(documentId))
    yield* until(presence, "bob", (state) => documentOf(state, "p-bob", "bob") === documentId)
    // The changes are told after the state is set.
    yield* Effect.sleep("20 millis")
  })
  const announces = () => proxy.requests.filter(({ method }) => method === Method.announce)
  return { url, proxy, presence, changes, bobMoves, announces }
})

/** Pairs of ids that are the same text as `user` and `session` when written after another. */
const sameText = (user: string, session: string) =>
  Array.from({ length: user.length + session.length + 1 }, (_, index) => {
    const text = user + session
    return [text.slice(0, index), text.slice(index)] as const
  }).filter(([other]) => other !== user)

describe("spoofing", () => {
  live(
    "[R5] on a relay, announcing and ending another's session id moves and ends nobody else",
    Effect.gen(function* () {
      const { bobMoves, changes, presence, url } = yield* setup
      const mallory = yield* RelayClient.join(url, "p-mallory")
      yield* mallory.announce("bob", at("trap"))
      yield* until(presence, "mallory", (s) => documentOf(s, "p-mallory", "bob") === "trap")
      const state = yield* SubscriptionRef.get(presence.state)
      assert.strictEqual(documentOf(state, "p-bob", "bob"), "home")
      yield* mallory.disconnect("bob")
      yield* until(presence, "mallory's end", (s) => !sessionIn(s, "p-mallory", "bob"))
      yield* bobMoves("garden")
      assert.deepStrictEqual(changes, ["Joined", "Moved"])
    })
  )

  live(
    "[R5] whoever the server says it is, nobody moves or ends the session of another user",
    Effect.gen(function* () {
      const { bobMoves, changes, proxy } = yield* setup
      const others = [
        ...["p-mallory", "", "P-BOB", "p-bob ", "p-bo\u0301b", "__proto__"].map(
          (user) => [user, "bob"] as const
        ),
        ...sameText("p-bob", "bob"),
        ...sameText("5:p-bob", "bob")
      ]
      const forgeries = others.flatMap(([i, session]) => [
        { type: "disconnect", i, m: { session } },
        { type: "state", i, m: { sessionId: session, locations: at("trap") } },
        { type: "rollCall", i, session },
        { type: "disconnect", i, m: { session } }
      ])
      yield* proxy.publish(forgeries)
      yield* bobMoves("garden")
      console.log(`spoof: ${forgeries.length} forgeries, bob: ${changes.join(", ")}`)
      assert.deepStrictEqual(changes, ["Joined", "Moved"])
    })
  )

  live(
    "[A8] a forged goodbye of our own session is answered by an announce at once",
    Effect.gen(function* () {
      const { announces, presence, proxy, url } = yield* setup
      const watcher = yield* RelayClient.join(url, "p-watcher")
      yield* presence.report([{ documentId: "mine" }])
      yield* watcher.next
      const before = announces().length
      const start = performance.now()
      const session = presence.sessionId
      yield* proxy.publish([{ type: "disconnect", i: "p-mallory", m: { session } }])
      const event = yield* watcher.next
      const took = performance.now() - start
      console.log(
        `spoof: the others see the answer to a forged goodbye after ${took.toFixed(1)} ms`
      )
      assert.strictEqual(event.type === "state" && event.m.sessionId, session)
      assert.isBelow(took, 500)
      assert.strictEqual(announces().length, before + 1)
    })
  )

  live(
    "[A1] [A8] a forged goodbye makes nobody speak who has not reported yet",
    Effect.gen(function* () {
      const { announces, bobMoves, presence, proxy } = yield* setup
      const { sessionId } = presence
      yield* proxy.publish([{ type: "disconnect", i: "p-mallory", m: { session: sessionId } }])
      yield* bobMoves("garden")
      yield* Effect.sleep("300 millis")
      assert.strictEqual(announces().length, 0)
    })
  )

  /** A thousand forged goodbyes in a second. */
  const shout = Effect.fnUntraced(function* (
    presence: Presence["Service"],
    proxy: SpoofProxy.SpoofProxy
  ) {
    const goodbye = { type: "disconnect", i: "p-mallory", m: { session: presence.sessionId } }
    const ten = Array.from({ length: 10 }, () => goodbye)
    const start = performance.now()
    for (let sent = 0; sent < 1_000; sent += 10) {
      yield* proxy.publish(ten)
      const ahead = start + sent - performance.now()
      if (ahead > 0) yield* Effect.sleep(ahead)
    }
    return performance.now() - start
  })

  live(
    "[A8] a thousand forged goodbyes in a second are answered by three announces at most",
    Effect.gen(function* () {
      const { announces, presence, proxy } = yield* setup
      yield* presence.report([{ documentId: "mine" }])
      yield* Effect.sleep("500 millis")
      const before = announces().length
      const took = yield* shout(presence, proxy)
      yield* Effect.sleep("2 seconds")
      const answers = announces().length - before
      console.log(
        `spoof: 1,000 forged goodbyes in ${took.toFixed(0)} ms, answered by ${answers} announces`
      )
      assert.isAtLeast(answers, 1)
      assert.isAtMost(answers, 3)
    })
  )

  live(
    "[A8] after a thousand forged goodbyes, the next one is answered like the first",
    Effect.gen(function* () {
      const { announces, presence, proxy } = yield* setup
      yield* presence.report([{ documentId: "mine" }])
      yield* Effect.sleep("500 millis")
      yield* shout(presence, proxy)
      // Whatever they made us owe has gone out.
      yield* Effect.sleep("3 seconds")
      const before = announces().length
      const session = presence.sessionId
      yield* proxy.publish([{ type: "disconnect", i: "p-mallory", m: { session } }])
      yield* Effect.sleep("1500 millis")
      const answers = announces().length - before
      console.log(`spoof: one more forged goodbye after the flood: ${answers} answers within 1.5 s`)
      assert.strictEqual(answers, 1)
    })
  )
})
