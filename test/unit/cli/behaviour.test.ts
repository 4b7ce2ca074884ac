import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { chooseAct, chooseDelay, chooseField, typeOn } from "../../../src/cli/simulate/behaviour.ts"

const many = Array.from({ length: 1_000 }, (_, index) => index)

const acts = Effect.forEach(many, () => chooseAct)

describe("simulated people", () => {
  it.effect(
    "[T7] do the same in the same order with the same seed, and something else with another",
    () =>
      Effect.gen(function* () {
        const draw = Effect.all([acts, Effect.forEach(many, () => chooseField(5)), chooseDelay(1)])
        const first = yield* Random.withSeed(draw, "7-0")
        assert.deepStrictEqual(yield* Random.withSeed(draw, "7-0"), first)
        assert.notDeepEqual(yield* Random.withSeed(draw, "8-0"), first)
      })
  )

  it.effect("do everything, and type most", () =>
    Effect.gen(function* () {
      const all = yield* Random.withSeed(acts, 1)
      const count = (act: string) => all.filter((each) => each === act).length
      for (const act of ["focus", "idle", "leave", "reconnect"]) {
        assert.isAbove(count(act), 5)
        assert.isAbove(count("type"), count(act))
      }
    })
  )

  it.effect("wait as long as the rate says, on average", () =>
    Effect.gen(function* () {
      const delays = yield* Random.withSeed(
        Effect.forEach(many, () => chooseDelay(2)),
        1
      )
      const average = delays.reduce((sum, delay) => sum + delay, 0) / delays.length
      assert.closeTo(average, 500, 50)
    })
  )

  it.effect("go on typing where their caret is", () =>
    Effect.gen(function* () {
      const first = yield* Random.withSeed(typeOn({ documentId: "a", path: ["title"] }), 1)
      const second = yield* Random.withSeed(typeOn(first), 1)
      assert.deepStrictEqual(second.path, ["body"])
      assert.isAbove(second.selection?.focus.offset ?? 0, first.selection?.focus.offset ?? 0)
    })
  )
})
