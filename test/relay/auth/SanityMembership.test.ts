import { assert, describe, it } from "@effect/vitest"
import { createClient } from "@sanity/client"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { makeMembership } from "../../../src/relay/auth/SanityMembership.ts"
import type { AuthScope } from "../../../src/relay/RelayAuth.ts"

/** Where the real client sends its requests when Sanity itself is asked. */
const requestsFor = Effect.fnUntraced(function* (scope: AuthScope) {
  const requests: Array<string> = []
  const client = createClient({
    apiVersion: "2021-06-07",
    useCdn: false,
    useProjectHostname: false,
    requestHandler: ({ headers, url }) => {
      requests.push(`${String(url)} ${new Headers(headers).get("authorization")}`)
      return Promise.resolve({ id: "gAda", roles: [], members: [{ id: "gAda" }] })
    }
  })
  const user = yield* makeMembership(client, true)(Redacted.make("good"), scope)
  assert.strictEqual(user.displayName, "gAda")
  return requests
})

describe("Sanity is asked", () => {
  it.effect("about a project on its own host", () =>
    Effect.gen(function* () {
      const requests = yield* requestsFor({
        _tag: "Dataset",
        project: "abc123",
        dataset: "production"
      })
      assert.deepStrictEqual(requests, [
        "https://abc123.api.sanity.io/v2021-06-07/users/me Bearer good",
        "https://abc123.api.sanity.io/v2021-06-07/projects/abc123 Bearer good"
      ])
    })
  )

  it.effect("about a canvas on the host of all", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* requestsFor({ _tag: "Canvas", canvas: "c1" }), [
        "https://api.sanity.io/v2021-06-07/users/me Bearer good",
        "https://api.sanity.io/v2022-06-30/canvases/c1 Bearer good"
      ])
    })
  )
})
