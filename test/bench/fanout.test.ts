/** The servers that the relay is measured against still do what is measured. Small amounts, no timing. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { isolate } from "../../bench/isolate.ts"
import { contenders, type ContenderKey } from "../../bench/suites/fanout/protocols.ts"

interface Given {
  readonly contender: ContenderKey
  readonly [name: string]: unknown
}

const measure = (module: string, input: Given) =>
  isolate(
    {
      scene: module,
      contender: contenders[input.contender].name,
      module: new URL(`../../bench/suites/fanout/${module}`, import.meta.url),
      input
    },
    60_000
  )

const peers: ReadonlyArray<ContenderKey> = [
  "text",
  "bytes",
  "corked",
  "socketIo",
  "hocuspocus",
  "ours"
]
const size = { members: 6, senders: 3, bytes: 300 }
const millis = 300

describe("servers of rooms", () => {
  it.live.each(peers)("%s brings everyone what anyone says, at any pace", (contender) =>
    Effect.gen(function* () {
      const given = { contender, ...size, millis, warmUp: 100 }
      const moved = yield* measure("deliver.ts", { ...given, pace: "movement" })
      assert.isAbove(moved["deliveries"] ?? 0, 0)
      assert.isAbove(moved["p99"] ?? 0, 0)
      const burst = yield* measure("deliver.ts", { ...given, pace: "burst" })
      assert.isAbove(burst["rate"] ?? 0, 0)
    })
  )

  it.live.each(peers)("%s still serves those who were silent", (contender) =>
    measure("idle.ts", { contender, members: 20, first: 10, rest: 50, bytes: 300 })
  )

  it.live.each(["ours", "forward"] as const)(
    "%s: all who join at once know everyone",
    (contender) =>
      Effect.gen(function* () {
        const figures = yield* measure("rollCall.ts", { contender, members: 8, quiet: 1_500 })
        assert.strictEqual(figures["learned"], 56)
        assert.isAtLeast(figures["states"] ?? 0, 64)
        const rollCalls = figures["rollCalls"] ?? 0
        if (contender === "ours") assert.strictEqual(rollCalls, 0)
        else assert.isAbove(rollCalls, 0)
      })
  )

  it.live.each(["text", "ours"] as const)(
    "%s: who stops reading takes nothing from the others",
    (contender) =>
      Effect.gen(function* () {
        const input = { contender, ...size, oneIn: 3, before: millis, millis }
        const { stalled, closed } = yield* measure("stalled.ts", input)
        assert.strictEqual(stalled, 2)
        assert.isAtMost(closed ?? Number.NaN, 2)
      })
  )

  it.live("a server whose messages are not of the size that is compared is not measured", () =>
    Effect.gen(function* () {
      const input = {
        contender: "text",
        ...size,
        bytes: 20,
        pace: "burst",
        millis,
        warmUp: 0
      } as const
      const error = yield* Effect.flip(measure("deliver.ts", input))
      assert.include(error.message, "no message is as short as 20 bytes")
    })
  )
})
