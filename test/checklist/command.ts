/**
 * Whether the counterparts of the peers' tests have run and passed:
 *
 *     npm run checklist                            runs the files that they are in
 *     npm run checklist -- --report results.json   reads what a run has reported
 *
 * Prints a table; exits with 1 where one did not run or did not pass.
 */
import { spawnSync } from "node:child_process"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { counterparts, files, problemsIn, type Report, root, table } from "./checklist.ts"

const { values } = parseArgs({ options: { report: { type: "string" } } })

/** Where vitest.config.ts has every run reported. */
const results = join(root, ".vitest/results.json")

const run = (): string => {
  // A run that breaks down writes none, and an old one proves nothing.
  rmSync(results, { force: true })
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  spawnSync(process.execPath, [vitest, "run", ...files], { cwd: root, stdio: "inherit" })
  return results
}

const report: Report = JSON.parse(readFileSync(values.report ?? run(), "utf8"))
const problems = problemsIn(report)
console.log(table())
console.log(
  problems.length === 0
    ? `All ${counterparts.length} counterparts in ${files.length} files have passed.`
    : problems.join("\n")
)
process.exitCode = problems.length === 0 ? 0 : 1
