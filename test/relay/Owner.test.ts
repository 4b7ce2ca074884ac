import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { ClusterClock, isNewer, makeOwner } from "../../src/relay/Owner.ts"

const time = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000 }))

const Step = Schema.Union([
  Schema.Struct({ do: Schema.Literal("wall"), time }),
  Schema.Struct({ do: Schema.Literal("observe"), time }),
  Schema.Struct({ do: Schema.Literals(["next", "now"]) })
])

describe("the time of a cluster", () => {
  it.prop(
    "[S9] never repeats and never goes back, whatever the wall clock and the other nodes do",
    { steps: Schema.Array(Step) },
    ({ steps }) => {
      let wall = 500
      const clock = new ClusterClock(() => wall)
      let latest = Number.NEGATIVE_INFINITY
      let given = Number.NEGATIVE_INFINITY
      for (const step of steps) {
        if (step.do === "wall") {
          wall = step.time
        } else if (step.do === "observe") {
          clock.observe(step.time)
          assert.isAtLeast(clock.now(), step.time)
        } else {
          const now = step.do === "next" ? clock.next() : clock.now()
          if (step.do === "next") {
            assert.isAbove(now, given)
            given = now
          }
          assert.isAtLeast(now, latest)
          latest = now
        }
      }
    },
    { arbitrary: { runs: 500 } }
  )

  it("[S9] is that of the fastest clock, and goes on at its pace", () => {
    let wall = 100
    const clock = new ClusterClock(() => wall)
    clock.observe(1_000)
    clock.observe(300)
    assert.strictEqual(clock.now(), 1_000)
    wall = 150
    assert.strictEqual(clock.now(), 1_050)
  })

  it("[S9] tells other nodes no time before that of a connection which it has opened", () => {
    let wall = 1_000
    const clock = new ClusterClock(() => wall)
    const opened = clock.next()
    wall = 0
    const other = new ClusterClock(() => 0)
    other.observe(clock.now())
    assert.isAtLeast(other.next(), opened)
  })
})

describe("two owners", () => {
  it.prop(
    "[S4] are in the same order for every node that asks: exactly one is the newer",
    { one: time, other: time },
    ({ one, other }) => {
      const [a, b] = [makeOwner("a", one), makeOwner("b", other)]
      assert.notStrictEqual(isNewer(a, b), isNewer(b, a))
      assert.strictEqual(isNewer(a, b), one > other)
      assert.isFalse(isNewer(a, a))
    }
  )
})
