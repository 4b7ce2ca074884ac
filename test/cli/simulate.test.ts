import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Relay } from "../../src/relay/Relay.ts"
import { cli } from "./cliProcess.ts"
import { complaints, inRoom, ran } from "./inRoom.ts"

describe("sanity-presence simulate", () => {
  it.live("fills the room with people who act, and sums it up when it is stopped", () =>
    Effect.gen(function* () {
      const args = ["--users", "6", "--documents", "2", "--rate", "20", "--seed", "7"]
      const simulate = yield* cli(yield* inRoom, "simulate", ...args)
      yield* Effect.sleep("4 seconds")
      const { stdout: seen } = yield* ran("who", "--json")
      const people: ReadonlyArray<{ readonly displayName: string }> = JSON.parse(seen)
      assert.isAtLeast(people.length, 2)
      assert.match(people[0]?.displayName ?? "", /^Person \d$/)
      simulate.kill("SIGINT")
      const { code, stdout } = yield* simulate.ended
      assert.strictEqual(code, 0)
      const [, focus = "0", type = "0"] = /focus (\d+) · type (\d+)/.exec(stdout) ?? []
      assert.isAbove(Number(focus), 10)
      assert.isAbove(Number(type), Number(focus))
      const [, changes = "0"] = /an onlooker saw (\d+) changes/.exec(stdout) ?? []
      assert.isAbove(Number(changes), 20)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T7] does the same again with the same seed, and something else with another", () =>
    Effect.gen(function* () {
      const acts = Effect.fnUntraced(function* (seed: string) {
        const args = ["--users", "3", "--rate", "5", "--duration", "4", "--seed", seed, "--json"]
        const { stdout } = yield* ran("simulate", ...args)
        const summary: { readonly acts: { readonly [act: string]: number } } = JSON.parse(stdout)
        return summary.acts
      })
      const [first, second, other] = yield* Effect.all(["1", "1", "2"].map(acts), {
        concurrency: "unbounded"
      })
      const total = (all: typeof first = {}) => Object.values(all).reduce((sum, n) => sum + n, 0)
      // They end by the clock: one may have come an act further than the other.
      for (const act of Object.keys(first ?? {})) {
        assert.closeTo(first?.[act] ?? 0, second?.[act] ?? 0, 3)
      }
      assert.isAbove(total(first), 10)
      assert.notDeepEqual(first, other)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("says which seed it took, and that one token makes one user", () =>
    Effect.gen(function* () {
      const variables = { ...(yield* inRoom), SANITY_AUTH_TOKEN: "p-ada" }
      const args = ["--users", "2", "--duration", "1"]
      const { code, stderr, stdout } = yield* (yield* cli(variables, "simulate", ...args)).ended
      assert.strictEqual(code, 0)
      assert.match(stdout, /^2 users, \d s, seed \d+\n/)
      assert.include(complaints(stderr), "they are sessions of one user")
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )
})
