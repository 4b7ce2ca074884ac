/**
 * What a benchmark is made of. A suite has cases; each is measured in a process of its own, several
 * rounds long, in turns with the others; what is claimed of them are ratios within a round.
 */

/** What one measurement gives, by name: a time, a size, a count. */
export type Figures = { readonly [figure: string]: number }

/** What a module that measures exports as `measure`. It verifies its results before it answers. */
export type Measure<Input> = (input: Input) => Promise<Figures>

/**
 * One contender in one scene.
 *
 * - `module`: what measures it; it exports `measure`, a {@link Measure}.
 * - `input`: what it is called with. Goes to the process as JSON.
 */
export interface Case {
  readonly scene: string
  readonly contender: string
  readonly module: URL
  readonly input: unknown
}

/** A figure as a table shows it: under `label`, with so many digits after the point. */
export interface Column {
  readonly figure: string
  readonly label: string
  readonly digits?: number
}

/** What a case gave in one round. */
export interface Sample {
  readonly scene: string
  readonly contender: string
  readonly round: number
  readonly figures: Figures
}

/**
 * What must hold.
 *
 * - `id`: as the project's list of targets has it, `P1` for instance; undefined where there is none.
 * - `value`: what is compared with the limit, from the samples of one round; undefined where the round
 *   does not hold it.
 */
export interface Target {
  readonly id?: string
  readonly says: string
  readonly unit: string
  readonly digits?: number
  readonly value: (round: Round) => number | undefined
  readonly limit: { readonly most: number } | { readonly least: number }
}

/** The figures of one round. */
export type Round = (scene: string, contender: string) => Figures | undefined

/** Lines over a common horizontal axis. */
export interface Chart {
  readonly file: string
  readonly title: string
  readonly x: string
  readonly y: string
  readonly isLogarithmic?: boolean
  readonly lines: ReadonlyArray<{
    readonly name: string
    readonly points: ReadonlyArray<readonly [x: number, y: number]>
  }>
}

/** One more table of what was measured: a row for each case that has a sample in it. */
export interface Extra {
  readonly title: string
  readonly columns: ReadonlyArray<Column>
  readonly samples: ReadonlyArray<Sample>
}

/** Text of a page, between the marks of that name. */
export interface Block {
  readonly name: string
  readonly text: string
}

/** The median of a figure over all rounds, or undefined. */
export type Median = (scene: string, contender: string, figure: string) => number | undefined

/**
 * - `rounds`: how often each case is measured, unless the command says otherwise.
 * - `prepare`: makes what the cases need, once before the first of them.
 * - `baseline`: the contender that the first column is compared with, per scene.
 * - `extra`: tables of figures that few cases have, or that are made from others. The first table leaves
 *   out those cases that have none of its columns.
 * - `timeout`: milliseconds that one case may take.
 * - `page`: the page of `docs/` that its tables are written into; `performance.md` unless it has its own.
 * - `blocks`: what else that page says of the samples.
 */
export interface Suite {
  readonly name: string
  readonly title: string
  readonly rounds: number
  readonly prepare?: () => Promise<void>
  readonly cases: ReadonlyArray<Case>
  readonly columns: ReadonlyArray<Column>
  readonly baseline?: string
  readonly targets: ReadonlyArray<Target>
  readonly extra?: (samples: ReadonlyArray<Sample>) => ReadonlyArray<Extra>
  readonly charts?: (median: Median) => ReadonlyArray<Chart>
  readonly timeout?: number
  readonly page?: string
  readonly blocks?: (samples: ReadonlyArray<Sample>) => ReadonlyArray<Block>
}
