import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { Presence, PresenceState } from "../../src/index.ts"
import { TestNetwork, TestRoom, TestTransport } from "../../src/testing/index.ts"

const TestLive = Presence.layer.pipe(Layer.provideMerge(TestTransport.layer()))

describe("Presence", () => {
  it.effect("[A1] reading never announces", () =>
    Effect.gen(function* () {
      const presence = yield* Presence
      const room = yield* TestRoom
      const network = yield* TestNetwork
      const ada = yield* room.join({ userId: "p-ada" })
      yield* TestClock.adjust("2 minutes")
      yield* ada.move([{ documentId: "drafts.a", path: ["title"] }])
      yield* TestClock.adjust("10 seconds")
      const state = yield* SubscriptionRef.get(presence.state)
      assert.deepStrictEqual(
        PresenceState.toArray(state).map((s) => s.locations.map((l) => l.path)),
        [[["title"]]]
      )
      const sent = yield* network.sent
      assert.deepStrictEqual(
        sent.map((m) => m._tag),
        ["RollCall"]
      )
    }).pipe(Effect.provide(TestLive))
  )
})
