/** The contenders that the benchmarks compare still do what is measured. Small amounts, no timing. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { isolate } from "../../bench/isolate.ts"
import type { Input } from "../../bench/suites/ingest/drive.ts"

const input = { sessions: 30, batch: 3, events: 60, warmUp: 30 }
const kinds: ReadonlyArray<Input["kind"]> = ["join", "churn", "mixed"]

const measure = (path: string, given: unknown) =>
  isolate(
    {
      scene: JSON.stringify(given),
      contender: path,
      module: new URL(`../../bench/suites/${path}`, import.meta.url),
      input: given
    },
    60_000
  )

const contenders = ["limit", "limitInTurns", "ours", "oursCompiled", "yjs", "bifurClient", "sdk"]

describe("contenders", () => {
  it.live.each(contenders)("%s shows who is where after joining, churn and leaves", (contender) =>
    Effect.forEach(
      kinds,
      Effect.fnUntraced(function* (kind) {
        const given = kind === "join" ? { ...input, events: 30, warmUp: 0 } : input
        const figures = yield* measure(`ingest/${contender}.ts`, { kind, ...given })
        assert.isAbove(figures["micros"] ?? 0, 0)
      })
    )
  )

  it.live.each(["oursSubscribed", "sdkSubscribed"])("%s tells its subscribers", (contender) =>
    Effect.forEach([true, false], (isReading) =>
      measure(`growth/${contender}.ts`, {
        kind: "churn",
        ...input,
        batch: 1,
        subscriptions: 3,
        isReading
      })
    )
  )

  it.live("a case that shows something else is not measured, and says so", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(measure("ingest/limit.ts", { ...input, kind: "dance" }))
      assert.include(error.message, "ingest/limit.ts")
    })
  )
})
