import { assert, describe, it } from "@effect/vitest"
import { pageRefused } from "../../src/bifur/ConnectionEnd.ts"

describe("a page that is not let in", () => {
  it.each([
    ["abc123.api.sanity.io", "to the CORS origins of the project, on sanity.io/manage"],
    ["presence.example.com", "to those that the relay allows (--allowed-origins)"],
    ["127.0.0.1:4000", "to those that the relay allows (--allowed-origins)"],
    ["sanity.io.example.com", "to those that the relay allows (--allowed-origins)"]
  ])("[C8] is told where to add its origin: of %s %s", (host, where) => {
    const { _tag, reason } = pageRefused(host, "https://app.example.com")
    assert.strictEqual(_tag, "Lost")
    assert.include(reason, `${host} does not let pages of https://app.example.com in. Add that`)
    assert.include(reason, where)
  })
})
