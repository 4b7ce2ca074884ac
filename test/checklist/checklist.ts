/** Reads the peers' tests and ours, and tells what of the checklist has a counterpart. */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Behaviour, type Counterpart, type PeerFile, peers } from "./peers.ts"

export const root = join(import.meta.dirname, "../..")

const pathOf = ({ file, peer }: PeerFile) => join(root, "node_modules", peer, file)

/** The lines of a source at which a test begins, one for a table of cases. */
export const linesOfTests = (source: string): ReadonlyArray<number> =>
  source
    .split("\n")
    .flatMap((line, index) => (/^\s*(?:it|test)\b(?:\.\w+)*\s*[(`]/.test(line) ? [index + 1] : []))

/** What the peer's file is: where its tests begin, and the digest of all of it. */
export const readPeer = (peer: PeerFile) => {
  const source = readFileSync(pathOf(peer), "utf8")
  return {
    lines: linesOfTests(source),
    digest: createHash("sha256").update(source).digest("hex").slice(0, 16)
  }
}

/** The files of tests beside those that the checklist names, by package. */
export const filesOfPeers = (): ReadonlyArray<string> => {
  const folders = new Set(peers.map(({ file, peer }) => `${peer}/${dirname(file)}`))
  return Array.from(folders).flatMap((folder) =>
    readdirSync(join(root, "node_modules", folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.test\.tsx?$/.test(file))
      .map((file) => `${folder}/${file}`)
  )
}

/** What may be the name of a test: text that opens a call, or a row of a table of cases. */
export const namesIn = (source: string): ReadonlyArray<string> =>
  Array.from(
    source.matchAll(/[([]\s*("(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)\s*,/g),
    ([, literal = ""]) => literal.slice(1, -1)
  )

const counterpartsOf = (behaviour: Behaviour): ReadonlyArray<Counterpart> =>
  "ours" in behaviour ? behaviour.ours : []

export const counterparts: ReadonlyArray<Counterpart> = peers.flatMap(({ behaviours }) =>
  behaviours.flatMap(counterpartsOf)
)

export const files: ReadonlyArray<string> = Array.from(
  new Set(counterparts.map(({ file }) => file))
).toSorted()

/** One line per file of the peers, and their sum. */
export const table = (): string => {
  const rows = peers.map(({ behaviours, file, peer }) => ({
    name: `${peer} ${file.split("/").at(-1)}`,
    behaviours: behaviours.length,
    same: behaviours.filter((one) => "ours" in one && one.otherwise === undefined).length,
    otherwise: behaviours.filter((one) => "ours" in one && one.otherwise !== undefined).length,
    notHere: behaviours.filter((one) => "notHere" in one).length
  }))
  const sum = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0)
  const all = {
    name: "all",
    behaviours: sum((row) => row.behaviours),
    same: sum((row) => row.same),
    otherwise: sum((row) => row.otherwise),
    notHere: sum((row) => row.notHere)
  }
  const width = Math.max(...rows.map(({ name }) => name.length))
  const line = (name: string, cells: ReadonlyArray<string | number>) =>
    [name.padEnd(width), ...cells.map((cell) => String(cell).padStart(16))].join("")
  return [
    line("peer", ["behaviours", "counterpart", "of these: other", "not applicable"]),
    ...[...rows, all].map((row) =>
      line(row.name, [row.behaviours, row.same + row.otherwise, row.otherwise, row.notHere])
    )
  ].join("\n")
}

/** What a run of tests reported, in the part of vitest's JSON that is read here. */
export interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly assertionResults: ReadonlyArray<{
      readonly fullName: string
      readonly status: string
    }>
  }>
}

/** What keeps counterparts from having run and passed; nothing where all have. */
export const problemsIn = (
  report: Report,
  wanted: ReadonlyArray<Counterpart> = counterparts
): ReadonlyArray<string> => {
  const outcomes = (file: string, test: string) =>
    report.testResults
      // One for each project that runs the file.
      .filter(({ name }) => name.endsWith(`/${file}`))
      .map(({ assertionResults }) =>
        assertionResults.filter(({ fullName }) => fullName.includes(test))
      )
  const problems = wanted.flatMap(({ file, test }) => {
    const runs = outcomes(file, test)
    if (runs.length === 0) return [`${file}: was not run`]
    if (runs.some((run) => run.length === 0)) return [`${file}: has no test "${test}"`]
    return runs
      .flat()
      .filter(({ status }) => status !== "passed")
      .map(({ fullName, status }) => `${file}: ${status}: ${fullName}`)
  })
  return Array.from(new Set(problems))
}
