import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join, state } from "./RelayClient.ts"
import { relay } from "./relayTest.ts"

describe("an announce", () => {
  relay("[S6] of locations that no stack is deep enough to write is refused", (url) =>
    Effect.gen(function* () {
      const client = yield* join(url, "p-ada")
      const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels)
      const announce = (locations: string) =>
        client.send(
          `{"jsonrpc":"2.0","id":"deep","method":"presence_announce","params":{"data":{"sessionId":"s","locations":${locations}}}}`
        )
      for (const levels of [102, 1_000, 10_000, 100_000]) announce(nested(levels))
      assert.deepEqual(yield* client.rest, [])
      announce(nested(50))
      assert.deepEqual(yield* client.rest, [state("p-ada", "s", JSON.parse(nested(50)))])
    })
  )
})
