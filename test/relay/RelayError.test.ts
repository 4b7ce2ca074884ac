import { assert, describe, it } from "@effect/vitest"
import { BackplaneError, describeFailure } from "../../src/relay/BackplaneError.ts"
import { fromListenError } from "../../src/relay/RelayError.ts"

const failure = (code: string) => Object.assign(new Error(`listen ${code}`), { code })

describe("a relay that cannot listen", () => {
  it.each([
    ["EADDRINUSE", "port-in-use", "Port 80 on 10.0.0.1 is in use", "--port 81"],
    ["EACCES", "not-permitted", "does not let this process listen on port 80", "--port 4000"],
    ["EPERM", "not-permitted", "does not let this process listen on port 80", "--port 4000"],
    ["EADDRNOTAVAIL", "host", "10.0.0.1 is no address of this machine", "--host 127.0.0.1"],
    ["EMFILE", "unknown", "could not listen on 10.0.0.1, port 80", "listen EMFILE"]
  ] as const)("says for %s what is the case and what to do", (code, reason, ...parts) => {
    const error = fromListenError("10.0.0.1", 80, failure(code))
    assert.strictEqual(error.reason, reason)
    for (const part of parts) assert.include(error.message, part)
  })

  it("says so where nothing is known of why", () => {
    const error = fromListenError("10.0.0.1", 80, "something")
    assert.strictEqual(error.reason, "unknown")
    assert.include(error.message, "no reason")
  })
})

describe("a backplane that cannot start", () => {
  it("names the package that it needs, and how to install it", () => {
    const error = new BackplaneError({ reason: "client-missing", detail: "Cannot find package" })
    assert.include(error.message, "(Cannot find package)")
    assert.include(error.message, "npm install @nats-io/transport-node@3")
  })

  it("says the first failure of a name with several addresses, and a name where there are no words", () => {
    const refused = new Error("connect ECONNREFUSED ::1:4222")
    assert.strictEqual(describeFailure(new AggregateError([refused])), refused.message)
    assert.strictEqual(describeFailure(new AggregateError([])), "no reason given")
    assert.strictEqual(describeFailure(new TypeError("")), "TypeError")
    assert.strictEqual(describeFailure("a string"), "no reason given")
  })
})
