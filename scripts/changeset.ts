/**
 * Runs changesets: `npm run changeset` describes a change, `npm run changeset -- version` makes a
 * version of what was described. Changesets sees only the packages that `workspaces` names, and npm
 * would link a root that names itself: so the root is named while it runs, and no longer.
 */
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"

const manifest = new URL("../package.json", import.meta.url)
const field = /"workspaces": \[\n {4}/

const edit = (change: (text: string) => string): void =>
  writeFileSync(manifest, change(readFileSync(manifest, "utf8")))

// Ctrl-C at a question ends changesets; what follows it still runs.
process.on("SIGINT", () => {})
edit((text) => text.replace(field, (start) => `${start}".",\n    `))
try {
  const { status } = spawnSync("changeset", process.argv.slice(2), { stdio: "inherit" })
  process.exitCode = status ?? 1
} finally {
  edit((text) => text.replace('    ".",\n', ""))
}
