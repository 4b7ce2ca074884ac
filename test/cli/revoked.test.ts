import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { revocable } from "./revocable.ts"

describe("a command whose token is revoked", () => {
  it.live("[T3] simulate says why everyone had to go, sums up what was, and ends with 3", () =>
    Effect.gen(function* () {
      const { revoke, run, seen } = yield* revocable
      const simulate = yield* run("simulate", "--users", "2", "--rate", "20")
      yield* seen
      yield* revoke
      const { code, stderr, stdout } = yield* simulate.ended
      assert.match(stderr, /sanity-presence: Nobody is left\. The token was refused[^\n]+\n$/)
      assert.match(stdout, /^2 users, .*2 were refused\n$/s)
      assert.strictEqual(code, 3)
    }).pipe(Effect.scoped)
  )
})
