/**
 * How long a move takes from the report to the other's screen: two of our clients, each in a process
 * of its own, and a relay in this one, on loopback. Prints p50 and p99.
 *
 *     node test/interop/latency.ts [moves]
 *
 * Each move comes after the previous one has been seen and its announce window is over, so that what
 * is measured is the way and not the wait. Both ends read the machine's monotonic clock: there are
 * no two clocks to disagree.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PresenceConfig } from "../../src/index.ts"
import { Relay } from "../../src/relay/index.ts"
import { spawn } from "./Peer.ts"

const moves = Number(process.argv[2] ?? 200)
if (!Number.isInteger(moves) || moves < 1)
  throw new Error("Give the number of moves, 200 for instance.")

/** Moves that are not counted: the first ones meet code that is not yet compiled. */
const warmUps = 10

const { announceWindow } = PresenceConfig.make({})

const measure = Effect.gen(function* () {
  const { url } = yield* Relay
  const room = { url, projectId: "demo", dataset: "latency" }
  const [mover, watcher] = yield* Effect.all([spawn("ours"), spawn("ours")], { concurrency: 2 })
  yield* watcher.join(room, "p-watcher")
  yield* mover.join(room, "p-mover")

  const move = Effect.fnUntraced(function* (field: number) {
    const reported = yield* mover.report([{ documentId: "drafts.book", path: ["field", field] }])
    const { at } = yield* watcher.until(`field ${field}`, ({ people }) =>
      people.some(
        ({ locations }) => JSON.stringify(locations[0]?.["path"]) === `["field",${field}]`
      )
    )
    yield* Effect.sleep(announceWindow)
    return at - reported
  })
  const all = yield* Effect.forEach(
    Array.from({ length: warmUps + moves }, (_, index) => index),
    move
  )
  return all.slice(warmUps).toSorted((a, b) => a - b)
})

/** Nearest rank. */
const percentile = (sorted: ReadonlyArray<number>, p: number) =>
  (sorted[Math.ceil((p / 100) * sorted.length) - 1] ?? Number.NaN).toFixed(2)

const sorted = await measure.pipe(
  Effect.scoped,
  Effect.provide(Layer.fresh(Relay.layerTest)),
  Effect.runPromise
)
console.log(
  `report to visible, two processes on loopback, ${sorted.length} moves after ${warmUps} uncounted: ` +
    `p50 ${percentile(sorted, 50)} ms, p99 ${percentile(sorted, 99)} ms, ` +
    `least ${percentile(sorted, 0.0001)} ms, most ${percentile(sorted, 100)} ms`
)
