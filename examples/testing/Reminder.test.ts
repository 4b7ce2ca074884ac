import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Presence } from "../../src/index.ts"
import { TestRoom, TestTransport } from "../../src/testing/index.ts"
import { Reminder } from "./Reminder.ts"

const live = Reminder.layer.pipe(
  Layer.provideMerge(Presence.layer),
  Layer.provideMerge(TestTransport.layer())
)

it.effect("counts who is in the document, and forgets whoever crashed after 90 s", () =>
  Effect.gen(function* () {
    const reminder = yield* Reminder
    const ada = yield* (yield* TestRoom).join({ userId: "p-ada" })
    yield* ada.move([{ documentId: "book", path: ["title"] }])
    yield* TestClock.adjust("1 second")
    assert.strictEqual(yield* reminder.othersIn("book"), 1)
    yield* ada.crash
    yield* TestClock.adjust("91 seconds")
    assert.strictEqual(yield* reminder.othersIn("book"), 0)
  }).pipe(Effect.provide(live))
)
