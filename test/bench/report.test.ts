/** What the benchmarks make of their measurements. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { draw } from "../../bench/chart.ts"
import { withTables } from "../../bench/page.ts"
import { percentile, spreadOf } from "../../bench/statistics.ts"
import type { Sample, Suite } from "../../bench/suite.ts"
import { summarize } from "../../bench/summary.ts"
import { measured, targets } from "../../bench/table.ts"

const caseOf = (scene: string, contender: string) => ({
  scene,
  contender,
  module: new URL("file:///none"),
  input: null
})

const suite: Suite = {
  name: "example",
  title: "An example",
  rounds: 3,
  cases: [caseOf("small", "limit"), caseOf("small", "ours")],
  columns: [{ figure: "micros", label: "us", digits: 1 }],
  baseline: "limit",
  targets: [
    {
      id: "P0",
      says: "ours against the limit",
      unit: "x",
      value: (round) => {
        const [ours, limit] = ["ours", "limit"].map((name) => round("small", name)?.["micros"])
        return ours === undefined || limit === undefined ? undefined : ours / limit
      },
      limit: { most: 2.5 }
    },
    { says: "nobody measured it", unit: "", value: () => undefined, limit: { least: 1 } }
  ]
}

const sample = (round: number, contender: string, micros: number): Sample => ({
  scene: "small",
  contender,
  round,
  figures: { micros }
})

// The machine is half as fast in the second round: the ratios don't change, the times do.
const samples = [
  sample(1, "limit", 1),
  sample(1, "ours", 2),
  sample(2, "limit", 2),
  sample(2, "ours", 4),
  sample(3, "limit", 1),
  sample(3, "ours", 3)
]

describe("statistics", () => {
  it.prop(
    "the median has as many at or below it as above, and lies between the extremes",
    [Schema.Array(Schema.Int).check(Schema.isMinLength(1))],
    ([values]) => {
      const spread = spreadOf(values)
      assert.isDefined(spread)
      const below = values.filter((value) => value <= spread.median).length
      const above = values.filter((value) => value >= spread.median).length
      assert.isAtLeast(2 * below, values.length)
      assert.isAtLeast(2 * above, values.length)
      assert.isAtMost(spread.low, spread.median)
      assert.isAtLeast(spread.high, spread.median)
      assert.strictEqual(percentile(values, 1), spread.high)
    }
  )

  it("nothing has no median", () => {
    assert.isUndefined(spreadOf([]))
  })
})

describe("the summary of a suite", () => {
  const summary = summarize(suite, samples)

  it("compares within a round, not across rounds", () => {
    assert.deepStrictEqual(summary.verdicts[0]?.spread, { median: 2, low: 2, high: 3 })
    assert.isTrue(summary.verdicts[0]?.isMet)
  })

  it("takes what was not measured for missed", () => {
    assert.isFalse(summary.verdicts[1]?.isMet)
    assert.include(targets([summary]), "not measured")
  })

  it("is one table for the terminal and for the page, between its marks", () => {
    const page = "before\n<!-- bench:example -->\nold\n<!-- /bench:example -->\nafter"
    const written = withTables(page, summary)
    assert.include(written, measured(summary))
    assert.notInclude(written, "old")
    assert.isTrue(written.startsWith("before") && written.endsWith("after"))
    assert.strictEqual(withTables(written, summary), written, "writing twice changes nothing")
    assert.throws(() => withTables("no marks", summary), "example")
  })
})

describe("a chart", () => {
  const chart = {
    file: "a.svg",
    title: "Cost & <growth>",
    x: "sessions",
    y: "us",
    lines: [
      {
        name: "ours",
        points: [
          [100, 1],
          [1_000, 2],
          [10_000, 3]
        ] as const
      }
    ]
  }

  it("has a point for each value, further right and higher for larger ones", () => {
    const svg = draw(chart)
    const places = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y)
    ])
    assert.lengthOf(places, 3)
    assert.deepStrictEqual(
      places,
      places.toSorted(([a = 0], [b = 0]) => a - b)
    )
    assert.deepStrictEqual(
      places,
      places.toSorted(([, a = 0], [, b = 0]) => b - a)
    )
    assert.include(svg, "Cost &amp; &lt;growth&gt;")
  })
})
