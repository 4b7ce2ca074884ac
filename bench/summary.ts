/** From the samples of a suite to what is shown: medians, ratios, and which targets are met. Pure. */
import { type Spread, spreadOf } from "./statistics.ts"
import type { Case, Column, Extra, Figures, Median, Round, Sample, Suite, Target } from "./suite.ts"

/** One case, over all rounds. `ratio`: its first column over the baseline's in the same round. */
export interface Row {
  readonly scene: string
  readonly contender: string
  readonly spreads: ReadonlyArray<Spread | undefined>
  readonly ratio: Spread | undefined
}

export interface Verdict {
  readonly target: Target
  readonly spread: Spread | undefined
  readonly isMet: boolean
}

/** A table: its columns, and the cases that have any of them. */
export interface Table {
  readonly title?: string
  readonly columns: ReadonlyArray<Column>
  readonly baseline?: string | undefined
  readonly rows: ReadonlyArray<Row>
}

/** A suite as it was measured. */
export interface Summary {
  readonly suite: Suite
  readonly tables: ReadonlyArray<Table>
  readonly verdicts: ReadonlyArray<Verdict>
}

const roundsOf = (samples: ReadonlyArray<Sample>): ReadonlyArray<Round> =>
  Array.from(
    new Set(samples.map(({ round }) => round)),
    (round): Round =>
      (scene, contender) =>
        samples.find(
          (sample) =>
            sample.round === round && sample.scene === scene && sample.contender === contender
        )?.figures
  )

const defined = <A>(values: ReadonlyArray<A | undefined>): ReadonlyArray<A> =>
  values.filter((value) => value !== undefined)

const figureOf = (figures: Figures | undefined, column: Column | undefined) =>
  column === undefined ? undefined : figures?.[column.figure]

const over = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined || b === 0 ? undefined : a / b

const isMet = ({ limit }: Target, spread: Spread | undefined): boolean =>
  spread !== undefined &&
  ("most" in limit ? spread.median <= limit.most : spread.median >= limit.least)

const rowsOf = (
  cases: ReadonlyArray<Pick<Case, "scene" | "contender">>,
  samples: ReadonlyArray<Sample>,
  columns: ReadonlyArray<Column>,
  baseline?: string
): ReadonlyArray<Row> => {
  const rounds = roundsOf(samples)
  const [first] = columns
  return cases
    .map(({ contender, scene }): Row => {
      const mine = rounds.map((round) => round(scene, contender))
      const ratios = rounds.map((round) =>
        baseline === undefined
          ? undefined
          : over(figureOf(round(scene, contender), first), figureOf(round(scene, baseline), first))
      )
      return {
        scene,
        contender,
        spreads: columns.map((column) =>
          spreadOf(defined(mine.map((figures) => figureOf(figures, column))))
        ),
        ratio: spreadOf(defined(ratios))
      }
    })
    .filter(({ spreads }) => spreads.some((spread) => spread !== undefined))
}

const casesOf = (samples: ReadonlyArray<Sample>) =>
  samples.filter(
    ({ contender, scene }, at) =>
      samples.findIndex((other) => other.scene === scene && other.contender === contender) === at
  )

const tableOf = ({ columns, samples, title }: Extra): Table => ({
  title,
  columns,
  rows: rowsOf(casesOf(samples), samples, columns)
})

/** Sums up the samples of a suite. */
export const summarize = (suite: Suite, samples: ReadonlyArray<Sample>): Summary => {
  const { baseline, cases, columns } = suite
  const rounds = roundsOf(samples)
  const verdicts = suite.targets.map((target): Verdict => {
    const spread = spreadOf(defined(rounds.map((round) => target.value(round))))
    return { target, spread, isMet: isMet(target, spread) }
  })
  const first: Table = { columns, baseline, rows: rowsOf(cases, samples, columns, baseline) }
  return { suite, tables: [first, ...(suite.extra?.(samples) ?? []).map(tableOf)], verdicts }
}

/** Medians of the figures of a suite. */
export const medianOf =
  (samples: ReadonlyArray<Sample>): Median =>
  (scene, contender, figure) =>
    spreadOf(
      defined(
        samples
          .filter((sample) => sample.scene === scene && sample.contender === contender)
          .map(({ figures }) => figures[figure])
      )
    )?.median
