/**
 * The benchmarks:
 *
 *     npm run bench                  all of them
 *     npm run bench -- ingest start  some of them
 *     npm run bench -- fanout --scene silent
 *     npm run bench -- --help
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, totalmem } from "node:os"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { draw } from "./chart.ts"
import { isolate } from "./isolate.ts"
import { readStored, results } from "./stored.ts"
import type { Sample, Suite } from "./suite.ts"
import { suites } from "./suites/index.ts"
import { medianOf, type Summary, summarize } from "./summary.ts"
import { measured, targets } from "./table.ts"
import { withBlock, withTables } from "./page.ts"

const docs = new URL("../docs/", import.meta.url)

/** How long a case may take unless its suite says otherwise, in milliseconds. */
const timeout = 300_000

const run = Effect.fnUntraced(function* (suite: Suite, cases: Suite["cases"], rounds: number) {
  const { prepare } = suite
  if (prepare !== undefined && cases.length > 0) yield* Effect.promise(prepare)
  const samples: Array<Sample> = []
  for (let round = 1; round <= rounds; round++) {
    for (const one of cases) {
      const { contender, scene } = one
      yield* Console.error(`${suite.name} ${round}/${rounds}: ${scene}, ${contender}`)
      const figures = yield* isolate(one, suite.timeout ?? timeout)
      samples.push({ scene, contender, round, figures })
    }
  }
  return samples
})

/** Figures without the machine say nothing. */
const machine = () => ({
  processor: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  gibibytes: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  system: process.platform
})

/** Asked at the start: what is written in between makes the tree dirty. */
const commit = (() => {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim()
  } catch {
    return undefined
  }
})()

const write = (suite: Suite, samples: ReadonlyArray<Sample>) => {
  mkdirSync(results, { recursive: true })
  const record = {
    suite: suite.name,
    commit,
    at: new Date(),
    machine: machine(),
    samples
  }
  writeFileSync(new URL(`${suite.name}.json`, results), `${JSON.stringify(record, undefined, 1)}\n`)
}

const writeDocs = (summary: Summary, samples: ReadonlyArray<Sample>) => {
  const page = new URL(summary.suite.page ?? "performance.md", docs)
  const blocks = summary.suite.blocks?.(samples) ?? []
  writeFileSync(page, blocks.reduce(withBlock, withTables(readFileSync(page, "utf8"), summary)))
  mkdirSync(new URL("performance/", docs), { recursive: true })
  for (const chart of summary.suite.charts?.(medianOf(samples)) ?? []) {
    writeFileSync(new URL(`performance/${chart.file}`, docs), draw(chart))
  }
}

const bench = Command.make(
  "bench",
  {
    names: Argument.Literals(
      "suite",
      suites.map(({ name }) => name)
    ).pipe(
      Argument.withDescription("What to measure; everything unless given"),
      Argument.variadic()
    ),
    rounds: Flag.Int("rounds").pipe(
      Flag.withDescription("How often each case is measured; each suite has its own number"),
      Flag.optional
    ),
    scene: Flag.String("scene").pipe(
      Flag.withDescription(
        "Measure only the scenes whose names have this in them, and keep what was measured last of the others"
      ),
      Flag.optional
    ),
    again: Flag.Boolean("again").pipe(
      Flag.withDescription("Measure nothing; show what was measured last"),
      Flag.withDefault(false)
    ),
    docs: Flag.Boolean("docs").pipe(
      Flag.withDescription("Also write the tables and charts into the pages of docs/"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* (options) {
    const chosen = suites.filter(
      ({ name }) => options.names.length === 0 || options.names.includes(name)
    )
    const summaries: Array<Summary> = []
    for (const suite of chosen) {
      const rounds = Math.max(
        1,
        Option.getOrElse(options.rounds, () => suite.rounds)
      )
      const scene = Option.getOrElse(options.scene, () => "")
      const cases = options.again ? [] : suite.cases.filter((one) => one.scene.includes(scene))
      const isPart = cases.length < suite.cases.length
      const others = new Set(suite.cases.map((one) => one.scene))
      for (const one of cases) others.delete(one.scene)
      const stored = isPart ? yield* readStored(suite.name) : []
      const kept = stored.filter((sample) => others.has(sample.scene))
      const samples = [...kept, ...(yield* run(suite, cases, rounds))]
      const summary = summarize(suite, samples)
      summaries.push(summary)
      if (!options.again) write(suite, samples)
      if (options.docs) writeDocs(summary, samples)
      yield* Console.log(`\n${suite.title}\n\n${measured(summary)}\n`)
    }
    yield* Console.log(targets(summaries))
  })
).pipe(Command.withDescription("Measures effect-sanity-presence against its peers and the limits"))

bench.pipe(
  Command.run({ version: "0.0.0" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
