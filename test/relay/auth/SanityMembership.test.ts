import { assert, describe, it } from "@effect/vitest"
import { createClient } from "@sanity/client"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { isSanityApi, makeMembership } from "../../../src/relay/auth/SanityMembership.ts"
import type { AuthScope } from "../../../src/relay/RelayAuth.ts"

/** Where the real client sends its requests when Sanity itself is asked. */
const requestsFor = Effect.fnUntraced(function* (scope: AuthScope, id = "gAda", hosts = true) {
  const requests: Array<string> = []
  const client = createClient({
    apiVersion: "2021-06-07",
    useCdn: false,
    useProjectHostname: false,
    requestHandler: ({ headers, url }) => {
      requests.push(`${String(url)} ${new Headers(headers).get("authorization")}`)
      return Promise.resolve({ id, roles: [{ name: "editor" }], members: [{ id }] })
    }
  })
  const user = yield* makeMembership(client, hosts)(Redacted.make("good"), scope)
  assert.strictEqual(user.displayName, id)
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

  it.effect(
    "[S3] once about a user of the project, on the host that names it, and twice on any other",
    () =>
      Effect.gen(function* () {
        const scope = { _tag: "Dataset", project: "abc123", dataset: "production" } as const
        assert.deepStrictEqual(yield* requestsFor(scope, "pAda"), [
          "https://abc123.api.sanity.io/v2021-06-07/users/me Bearer good"
        ])
        assert.deepStrictEqual(yield* requestsFor(scope, "pAda", false), [
          "https://api.sanity.io/v2021-06-07/users/me Bearer good",
          "https://api.sanity.io/v2021-06-07/projects/abc123 Bearer good"
        ])
      })
  )

  it("on hosts of projects only where it is Sanity, its address given or not", () => {
    for (const host of ["https://api.sanity.io", "https://API.sanity.io:443/"]) {
      assert.isTrue(isSanityApi(host), host)
    }
    for (const host of ["https://api.sanity.io.evil.com", "https://api.sanity.io:8443", "sanity"]) {
      assert.isFalse(isSanityApi(host), host)
    }
  })

  it.effect("about a canvas on the host of all", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* requestsFor({ _tag: "Canvas", canvas: "c1" }), [
        "https://api.sanity.io/v2021-06-07/users/me Bearer good",
        "https://api.sanity.io/v2022-06-30/canvases/c1 Bearer good"
      ])
    })
  )
})
