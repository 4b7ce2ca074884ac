/**
 * A soak: clients, a relay, faults of all kinds, and the judge at the end.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type { PresenceError } from "../../../src/index.ts"
import type { RelayError } from "../../../src/relay/index.ts"
import { perform } from "./Lives.ts"
import { type Deed, faults, makePlan } from "./Plan.ts"
import { makeRelay } from "./Relay.ts"
import { type FaultCount, leastIn, reportOf, tellRound } from "./Report.ts"
import { SoakRoom } from "./Room.ts"
import { SoakTime } from "./Time.ts"
import { layerNoErrors, watch } from "./Watch.ts"

/** `progress` is told how it goes every 10 s. */
export interface SoakOptions {
  readonly seed: number
  readonly seconds: number
  readonly clients: number
  readonly progress: (line: string) => void
}

/** `least`: how often each fault must have happened at its end. */
interface Round {
  readonly plan: ReadonlyArray<Deed>
  readonly seconds: number
  readonly least: number
}

/** In seconds. */
const longestRound = 60

/** In milliseconds. */
const overtime = 9_000

/** How long the clients may take to agree once nothing disturbs them any more, in milliseconds. */
const quietTimeout = 30_000

/** They agree when they have done so for longer than it takes until all have announced again. */
const quietLength = 1_500

/** In milliseconds. */
const judgeInterval = 250
const progressInterval = 10_000

/** The part of a core that this process has used since. */
const cpuMeter = () => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  return () => {
    const { system, user } = process.cpuUsage(cpu)
    return (system + user) / 1_000 / (performance.now() - start)
  }
}

/** Exact where garbage can be collected before: with `node --expose-gc`. */
const heap = (): number => {
  globalThis.gc?.()
  return Math.round(process.memoryUsage().heapUsed / 2 ** 20)
}

const tellProgress = Effect.fnUntraced(function* (
  { clients, progress }: SoakOptions,
  room: SoakRoom,
  cpu: () => number
) {
  while (true) {
    yield* Effect.sleep(progressInterval)
    const happened = Array.from(room.happened.values()).reduce((sum, count) => sum + count, 0)
    const connected = room.clients.filter(({ isConnected }) => isConnected).length
    const wrong = new Set(room.judge().map(({ who }) => who)).size
    progress(
      [
        `${Math.round(room.time.now() / 1_000)} s`,
        `faults ${happened}`,
        `connected ${connected}/${clients}`,
        `right ${clients - wrong}/${clients}`,
        `connections ${room.connections}`,
        `problems ${room.problems.size}`,
        `heap ${heap()} MB`,
        `cpu ${cpu().toFixed(2)}`
      ].join("  ")
    )
  }
})

/** Those of a plan that have happened too seldom in all rounds so far, to be done again. */
const missing = (room: SoakRoom, plan: ReadonlyArray<Deed>, least: number): ReadonlyArray<Deed> =>
  faults.flatMap((fault) => {
    const count = Math.max(0, least - (room.happened.get(fault) ?? 0))
    return plan.filter(({ what }) => what === fault).slice(0, count)
  })

/**
 * Does each deed when it is due. A machine that is busy otherwise does not get them all done: it has a
 * little more time. All have ended when this has.
 */
const follow = Effect.fnUntraced(function* (room: SoakRoom, { least, plan, seconds }: Round) {
  const { time } = room
  const deeds = yield* FiberSet.make<void, PresenceError | RelayError>()
  const start = time.now()
  const due = (at: number) => time.hold(start + at - time.now())
  const begin = (deed: Deed) => FiberSet.run(deeds, perform(room, deed))
  // Whichever fails first, or the end of all.
  const ended = Effect.raceFirst(FiberSet.join(deeds), FiberSet.awaitEmpty(deeds))
  const catchUp = Effect.gen(function* () {
    yield* ended
    yield* Effect.forEach(missing(room, plan, least), begin)
    yield* ended
  })
  time.beginRound()
  for (const deed of plan) {
    yield* due(deed.at)
    yield* begin(deed)
  }
  yield* due(seconds * 1_000)
  yield* Effect.timeoutOption(catchUp, overtime)
  time.endRound()
  yield* ended
})

/** Waits until all have agreed for a while, and answers how long that took, if they ever did. */
const untilQuiet = Effect.fnUntraced(function* (room: SoakRoom) {
  const { now } = room.time
  const start = now()
  let agreedAt: number | undefined
  while (now() - start < quietTimeout) {
    agreedAt = room.judge().length === 0 ? (agreedAt ?? now()) : undefined
    if (agreedAt !== undefined && now() - agreedAt >= quietLength) return agreedAt - start
    yield* Effect.sleep(judgeInterval)
  }
  return undefined
})

/**
 * Faults, healing, and the truth: how long it took until all agreed, undefined where they never did.
 */
const runRound = Effect.fnUntraced(function* (room: SoakRoom, round: Round) {
  yield* follow(room, round)
  yield* Effect.forEach(room.clients, ({ proxy }) => proxy.heal, { discard: true })
  return yield* untilQuiet(room)
}, Effect.scoped)

/** As many as it takes, equally long. */
const makeRounds = ({ clients, seconds: all, seed }: SoakOptions) => {
  const count = Math.ceil(all / longestRound)
  const seconds = all / count
  return Effect.forEach(Array.from({ length: count }), (_, index) =>
    makePlan({ seconds, clients }).pipe(
      Random.withSeed(`${seed}/${index}`),
      Effect.map((plan): Round => ({ plan, seconds, least: leastIn(seconds * (index + 1)) }))
    )
  )
}

const countFaults = (room: SoakRoom, plan: ReadonlyArray<Deed>): ReadonlyArray<FaultCount> =>
  faults.map((fault) => ({
    fault,
    planned: plan.filter(({ what }) => what === fault).length,
    happened: room.happened.get(fault) ?? 0
  }))

/** What the clients left out of what they received, by reason. */
const countDrops = Effect.map(
  Metric.snapshot,
  (metrics) =>
    new Map(
      metrics.flatMap((metric): ReadonlyArray<readonly [string, number]> =>
        metric.id === "presence_drops_total" && metric.type === "Counter"
          ? [[metric.attributes?.["reason"] ?? "", Number(metric.state.count)]]
          : []
      )
    )
)

/**
 * Runs a soak: a minute of faults and the truth, again and again; it ends early where they never
 * agree.
 *
 * @example
 * const { problems } = yield* runSoak({ seed: 123, seconds: 60, clients: 20, progress: console.log })
 */
export const runSoak = Effect.fnUntraced(function* (options: SoakOptions) {
  const { clients, progress, seconds, seed } = options
  const rounds = yield* makeRounds(options)
  const cpu = cpuMeter()
  const room = new SoakRoom(seed, new SoakTime(), yield* makeRelay(), yield* Effect.scope)
  const quietAfter: Array<number | undefined> = []
  const run = Effect.gen(function* () {
    yield* room.fill(clients)
    yield* Effect.forkScoped(watch(room))
    yield* Effect.forkScoped(tellProgress(options, room, cpu))
    for (const round of rounds) {
      const quiet = yield* runRound(room, round)
      quietAfter.push(quiet)
      progress(tellRound(quietAfter.length, quiet))
      if (quiet === undefined) break
    }
    const counts = countFaults(
      room,
      rounds.flatMap(({ plan }) => plan)
    )
    const drops = yield* countDrops
    return reportOf({ room, counts, drops, quietAfter, seconds, cpu: cpu() })
  })
  // Who watches ends before the clients do.
  return yield* Effect.scoped(run).pipe(Effect.provide(layerNoErrors(room)))
}, Effect.scoped)
