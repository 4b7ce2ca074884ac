import { assert, describe, it } from "@effect/vitest"
import { PresenceConfig, PresenceError } from "../../src/index.ts"

type Limits = NonNullable<PresenceConfig.PresenceConfigInput["limits"]>

describe("the limits of a config", () => {
  it("[R6] are those given, and the defaults of the others", () => {
    const { limits } = PresenceConfig.make({})
    assert.deepStrictEqual(
      PresenceConfig.make({ limits: { sessions: 500, pathLength: 1 } }).limits,
      { ...limits, sessions: 500, pathLength: 1 }
    )
  })

  it.each([0, -1, Number.NaN, "500" as never])(
    "[R6] are refused where they make no sense: %j",
    (value) => {
      const limits: Limits = { sessionsPerUser: value }
      try {
        PresenceConfig.make({ limits })
        assert.fail("it was taken")
      } catch (error) {
        assert.instanceOf(error, PresenceError)
        assert.strictEqual(error.reason._tag, "InvalidConfiguration")
        assert.include(error.message, "`limits.sessionsPerUser` is no limit that works")
        assert.include(error.message, "from 1")
      }
    }
  )
})
