/** The model of what relays cost, and what the page on scaling claims of it. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { isolate } from "../../bench/isolate.ts"
import { withBlock, withTables } from "../../bench/page.ts"
import { readStored } from "../../bench/stored.ts"
import { summarize } from "../../bench/summary.ts"
import { batchesIn, window } from "../../bench/suites/scaling/batches.ts"
import { deploymentFor, share, spreadOf } from "../../bench/suites/scaling/deployment.ts"
import { findingsOf, leftOutOf, rowsOf } from "../../bench/suites/scaling/findings.ts"
import { scaling } from "../../bench/suites/scaling/index.ts"
import { leastSquares } from "../../bench/suites/scaling/leastSquares.ts"
import type { Input } from "../../bench/suites/scaling/load.ts"
import {
  fit,
  type Measured,
  type Model,
  natsCost,
  predictWithout,
  relayCost
} from "../../bench/suites/scaling/model.ts"
import { leftOut, loads, sceneOf, silent } from "../../bench/suites/scaling/points.ts"
import { blocksOf } from "../../bench/suites/scaling/report.ts"
import { trafficOf } from "../../bench/suites/scaling/traffic.ts"
import { isNatsMissing } from "../support/natsServer.ts"
import { makeRandom } from "../support/random.ts"

const samples = await Effect.runPromise(readStored("scaling"))

const between = (minimum: number, maximum: number) =>
  Schema.Finite.check(Schema.isBetween({ minimum, maximum }))

describe("least squares", () => {
  it.prop(
    "finds the coefficients that the values were made of",
    [Schema.Array(between(0.1, 10)).check(Schema.isMinLength(1), Schema.isMaxLength(6))],
    ([coefficients]) => {
      const random = makeRandom(1)
      const equations = Array.from({ length: 30 }, () => {
        const amounts = coefficients.map(() => random() ** 4)
        const value = amounts.reduce((sum, amount, at) => sum + amount * (coefficients[at] ?? 0), 0)
        return { amounts, value }
      })
      for (const [at, found] of leastSquares(equations).entries()) {
        assert.closeTo(found, coefficients[at] ?? 0, 1e-3)
      }
    }
  )

  it("finds nothing below zero, and what is best without it", () => {
    const found = leastSquares([
      { amounts: [1, 1], value: 1 },
      { amounts: [1, 0], value: 2 }
    ])
    assert.strictEqual(found[1], 0)
    // The mean of 1 and 2, weighed by the relative error.
    assert.closeTo(found[0] ?? 0, 1.2, 1e-9)
  })
})

/**
 * The batches of one room on one node, as the relay makes them; a share of what comes in is of members
 * here, and makes a message of the batch that it is in.
 */
const simulate = (perSecond: number, share: number, seconds: number) => {
  const random = makeRandom(3)
  let due = 0
  let waiting = 0
  let waitingOwn = 0
  const made = { batches: 0, late: 0, messages: 0 }
  const flush = (own: number) => {
    made.batches += 1 / seconds
    if (own > 0) made.messages += 1 / seconds
  }
  for (let at = 0; at < seconds; at += -Math.log(1 - random()) / perSecond) {
    if (waiting > 0 && at > due) {
      flush(waitingOwn)
      made.late += 1 / seconds
      due += window
      waiting = 0
      waitingOwn = 0
    }
    const own = random() < share ? 1 : 0
    if (at < due) {
      waiting += 1
      waitingOwn += own
    } else {
      flush(own)
      due = at + window
    }
  }
  return made
}

describe("batches", () => {
  it.each([1, 20, 100, 400, 2_000])("%d events a second make as many as in a relay", (own) => {
    const simulated = simulate(own, 1, 40_000 / own)
    const { batches, late, messages } = batchesIn(own, 1)
    assert.closeTo(batches / simulated.batches, 1, 0.03)
    assert.closeTo(late, simulated.late, 0.05 * batches)
    assert.closeTo(messages, batches, 1e-9, "on one node each has an event of it")
  })

  it.each([
    [20, 2],
    [50, 3],
    [200, 3],
    [1_000, 2]
  ])("%d events a second on each of %d nodes make as many messages", (own, nodes) => {
    const { batches, messages } = batchesIn(own, nodes)
    const arrivals = own + (nodes - 1) * messages
    const simulated = simulate(arrivals, own / arrivals, 40_000 / own)
    assert.closeTo(batches / simulated.batches, 1, 0.03)
    assert.closeTo(messages / simulated.messages, 1, 0.03)
  })

  it.prop(
    "are no more than windows, and carry no more messages than events",
    [between(0.001, 100_000), between(1, 100)],
    ([own, nodes]) => {
      const { batches, messages } = batchesIn(own, nodes)
      assert.isAtMost(batches, 1 / window)
      assert.isAtMost(messages, Math.min(batches, own) * 1.001)
      assert.isAbove(messages, 0)
    }
  )
})

const truth: Model = {
  relay: [0.1, 0.15, 0.3, 0.3, 0.005, 0.0003, 0.004, 4],
  nats: [0.02, 0.01, 3]
}

const asIfMeasured: ReadonlyArray<Measured> = [...loads, ...silent].map((point) => {
  const traffic = trafficOf(point)
  const nats = point.isJoined ? natsCost(truth, traffic) : 0
  return { scene: sceneOf(point), point, relay: relayCost(truth, traffic), nats }
})

describe("the model", () => {
  it("finds the prices of which the points of the suite were made", () => {
    const found = fit(asIfMeasured)
    for (const [at, price] of [...truth.relay, ...truth.nats].entries()) {
      assert.closeTo(([...found.relay, ...found.nats][at] ?? 0) / price, 1, 0.02)
    }
  })

  it("predicts a point that it has not seen", () => {
    for (const measured of asIfMeasured) {
      const [prediction] = predictWithout(asIfMeasured, [measured])
      assert.closeTo(prediction?.error ?? 1, 0, 0.05, measured.scene)
    }
  })
})

describe("the page on scaling", () => {
  it("predicts what was named before, within 25 %, of what was measured", () => {
    const rows = rowsOf(samples)
    const left = leftOutOf(rows)
    assert.lengthOf(left, leftOut.length)
    for (const { error, measured } of predictWithout(rows, left)) {
      assert.isAtMost(Math.abs(error), 0.25, measured.scene)
    }
  })

  it("says what the committed results say: npm run bench -- scaling --again --docs", () => {
    const page = readFileSync(new URL("../../docs/scaling.md", import.meta.url), "utf8")
    const written = blocksOf(samples).reduce(
      withBlock,
      withTables(page, summarize(scaling, samples))
    )
    assert.strictEqual(written, page)
  })

  it("fills no node beyond its share, and none needlessly little", () => {
    const findings = findingsOf(samples)
    const wanted = { connections: 100_000, members: 100, hertz: 1, bytes: 300 }
    for (const placement of ["together", "anywhere"] as const) {
      const found = deploymentFor({ ...wanted, placement }, findings)
      assert.isAtMost(found?.busy ?? Infinity, share * 1_000)
      assert.isAbove(found?.busy ?? 0, share * 800)
    }
  })

  it.prop(
    "a room is on no more nodes than it has members, nor than there are",
    [between(1, 1_000), between(1, 1_000)],
    ([members, nodes]) => {
      assert.isAtMost(spreadOf(members, nodes), Math.min(members, nodes) * 1.000_001)
      assert.isAtLeast(spreadOf(members, nodes), 0.999_999)
    }
  )
})

describe("a point of the suite", () => {
  const measure = (input: Input) =>
    isolate(
      {
        scene: sceneOf(input),
        contender: "relays",
        module: new URL("../../bench/suites/scaling/load.ts", import.meta.url),
        input
      },
      60_000
    )
  const point = { rooms: 2, members: 6, hertz: 2, bytes: 300, millis: 400, warmUp: 100 }

  it.live("says what one node has cost", () =>
    Effect.gen(function* () {
      const figures = yield* measure({ ...point, nodes: 1, isJoined: false })
      assert.isAbove(figures["relay"] ?? 0, 0)
      assert.strictEqual(figures["delivered"], 100)
    })
  )

  it.live.skipIf(isNatsMissing)("says what two nodes and NATS between them have carried", () =>
    Effect.gen(function* () {
      const figures = yield* measure({ ...point, nodes: 2, isJoined: true })
      assert.isAbove(figures["natsIn"] ?? 0, 0)
      assert.strictEqual(figures["delivered"], 100)
    })
  )
})
