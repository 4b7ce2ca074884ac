/**
 * What comes of a soak: what happened how often, and what was wrong.
 */
import type { PresenceState } from "../../../src/index.ts"
import { type Disagreement, nameOf } from "./Judge.ts"
import type { Fault } from "./Plan.ts"
import type { SoakRoom } from "./Room.ts"

/** How often a fault was to happen, and how often it did. */
export interface FaultCount {
  readonly fault: Fault
  readonly planned: number
  readonly happened: number
}

/**
 * How a soak went.
 *
 * - `problems`: empty where all is well.
 * - `drops`: what the clients left out of what they received, by reason.
 * - `quietAfter`: how long all needed to agree after each round, in milliseconds; undefined where
 *   they never did.
 * - `cpu`: the part of a core that it took.
 */
export interface SoakReport {
  readonly counts: ReadonlyArray<FaultCount>
  readonly moves: number
  readonly connections: number
  readonly refusals: number
  readonly left: ReadonlyMap<string, number>
  readonly drops: ReadonlyMap<string, number>
  readonly quietAfter: ReadonlyArray<number | undefined>
  readonly cpu: number
  readonly problems: ReadonlyArray<string>
}

/** How often each fault must happen in a minute; in less nothing must. */
const leastPerMinute = 20
const shortestMinute = 45

/** How many of those who have the same thing wrong are named, and how many stories are told. */
const mostNames = 4
const mostStories = 5

const grouped = (all: ReadonlyArray<Disagreement>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const groups = new Map<string, Array<string>>()
  for (const { what, who } of all) groups.set(what, [...(groups.get(what) ?? []), who])
  return groups
}

const some = (names: ReadonlyArray<string>, most: number): string => {
  const more = names.length > most ? ` and ${names.length - most} more` : ""
  return `${names.slice(0, most).join(", ")}${more}`
}

/** Whoever most disagree about comes first. */
const concerned = (all: ReadonlyArray<Disagreement>): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const name of all.flatMap(({ about, who }) => [about ?? who, who])) {
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([name]) => name)
}

/** What is wrong at the end, and the stories of those who have most to do with it. */
const disagreementsIn = (room: SoakRoom): ReadonlyArray<string> => {
  const all = room.judge()
  const byName = new Map(room.clients.map((client) => [nameOf(client), client]))
  const stories = concerned(all)
    .flatMap((name) => byName.get(name) ?? [])
    .slice(0, mostStories)
    .map((client) => [`the story of ${nameOf(client)}:`, ...client.story].join("\n      "))
  return [
    ...Array.from(grouped(all), ([what, who]) => `${some(who, mostNames)}: ${what}`),
    ...stories
  ]
}

const reasons: ReadonlyArray<PresenceState.LeftReason> = ["disconnected", "expired", "lost"]

/** How often each fault must happen in so many seconds. */
export const leastIn = (seconds: number): number =>
  seconds < shortestMinute ? 0 : leastPerMinute * Math.max(1, Math.floor(seconds / 60))

/** A soak in which hardly anything happened proves nothing. */
const missingFrom = (
  counts: ReadonlyArray<FaultCount>,
  left: SoakRoom["left"],
  seconds: number
): ReadonlyArray<string> => {
  const least = leastIn(seconds)
  return [
    ...counts
      .filter(({ happened }) => happened < least)
      .map(({ fault, happened }) => `"${fault}" happened ${happened} times, not ${least}`),
    ...reasons
      .filter((reason) => least > 0 && !left.has(reason))
      .map((reason) => `nobody was ever told that somebody left for the reason "${reason}"`)
  ]
}

/** The report of a soak that has ended. */
export const reportOf = ({
  room,
  seconds,
  ...known
}: Pick<SoakReport, "counts" | "drops" | "quietAfter" | "cpu"> & {
  readonly room: SoakRoom
  readonly seconds: number
}): SoakReport => {
  const { connections, left, moves, problems, refusals } = room
  return {
    ...known,
    connections,
    left,
    moves,
    refusals,
    problems: [
      ...(known.quietAfter.includes(undefined) ? disagreementsIn(room) : []),
      ...Array.from(problems, ([rule, { count, first }]) => `${rule}, ${count} times: ${first}`),
      ...missingFrom(known.counts, left, seconds)
    ]
  }
}

/** How a round has ended. */
export const tellRound = (round: number, quiet: number | undefined): string =>
  quiet === undefined
    ? `round ${round}: they never agree`
    : `round ${round}: all agree ${(quiet / 1_000).toFixed(1)} s after the last fault`

const listOf = (counts: ReadonlyMap<string, number>): string =>
  Array.from(counts, ([name, count]) => `${name} ${count}`)
    .toSorted()
    .join(", ")

/** A report as a table for people. */
export const format = (report: SoakReport): string => {
  const { connections, moves, quietAfter, refusals } = report
  return [
    "  fault               happened",
    ...report.counts.map(
      ({ fault, happened, planned }) =>
        `  ${fault.padEnd(22)}${String(happened).padStart(6)} of ${planned}`
    ),
    `  moves ${moves}, connections ${connections}, refused tokens ${refusals}`,
    `  left: ${listOf(report.left)}`,
    `  left out: ${listOf(report.drops)}`,
    `  cpu: ${report.cpu.toFixed(2)} of a core`,
    ...quietAfter.map((quiet, index) => `  ${tellRound(index + 1, quiet)}`),
    ...report.problems.map((problem) => `  PROBLEM: ${problem}`)
  ].join("\n")
}
