import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Presence, whilePresent } from "../../src/index.ts"
import { TestNetwork, TestTransport } from "../../src/testing/index.ts"
import { settle } from "../support/FakeWebSocket.ts"

const TestLive = Presence.layer.pipe(Layer.provideMerge(TestTransport.layer()))

const at = (field: string) => ({ documentId: "book", path: [field] })

/** The fields at which others see this session by now. */
const seen = Effect.gen(function* () {
  yield* TestClock.adjust("1 second")
  const announces = (yield* (yield* TestNetwork).sent).filter(({ _tag }) => _tag === "Announce")
  const last = announces.at(-1)
  return last?._tag === "Announce" ? last.locations.map(({ path }) => path.join(".")) : undefined
})

const live = (name: string, test: Effect.Effect<void, unknown, Presence | TestNetwork>) =>
  it.effect(name, () => Effect.provide(test, TestLive))

describe("work that shows where it is", () => {
  live(
    "[A7] is seen there while it runs, and no longer",
    Effect.gen(function* () {
      const end = yield* Deferred.make<number>()
      const work = yield* Deferred.await(end).pipe(
        whilePresent([at("title")]),
        Effect.forkChild({ startImmediately: true })
      )
      assert.deepStrictEqual(yield* seen, ["title"])
      yield* Deferred.succeed(end, 42)
      assert.strictEqual(yield* Fiber.join(work), 42)
      assert.deepStrictEqual(yield* seen, [])
    })
  )

  live(
    "[A7] is seen no longer when it fails or is interrupted",
    Effect.gen(function* () {
      const failed = yield* Effect.exit(Effect.fail("no").pipe(whilePresent([at("title")])))
      assert.deepStrictEqual(failed, Exit.fail("no"))
      assert.deepStrictEqual((yield* seen) ?? [], [])
      const work = yield* Effect.never.pipe(
        whilePresent([at("title")]),
        Effect.forkChild({ startImmediately: true })
      )
      assert.deepStrictEqual(yield* seen, ["title"])
      yield* Fiber.interrupt(work)
      assert.deepStrictEqual(yield* seen, [])
    })
  )

  live(
    "[A7] is seen everywhere at once where one is in another, or beside it",
    Effect.gen(function* () {
      const presence = yield* Presence
      yield* presence.report([at("title")])
      const inner = yield* Deferred.make<void>()
      const nested = Effect.andThen(
        Deferred.await(inner).pipe(whilePresent([at("body"), at("title")])),
        Effect.never
      )
      const outer = yield* nested.pipe(
        whilePresent([at("tags")]),
        Effect.forkChild({ startImmediately: true })
      )
      assert.sameMembers([...((yield* seen) ?? [])], ["title", "tags", "body"])
      yield* Deferred.succeed(inner, undefined)
      yield* settle
      assert.sameMembers([...((yield* seen) ?? [])], ["title", "tags"])
      yield* Fiber.interrupt(outer)
      assert.deepStrictEqual(yield* seen, ["title"])
    })
  )

  live(
    "[Q4] is active to others however long it takes",
    Effect.gen(function* () {
      yield* Effect.never.pipe(
        whilePresent([at("title")]),
        Effect.forkChild({ startImmediately: true })
      )
      yield* TestClock.adjust("10 minutes")
      const announces = yield* (yield* TestNetwork).sent
      const last = announces.at(-1)
      const activeAt = last?._tag === "Announce" ? last.locations[0]?.lastActiveAt : undefined
      assert.isDefined(activeAt)
      assert.isAtMost((yield* Clock.currentTimeMillis) - Date.parse(activeAt), 60_000)
    })
  )
})
