/**
 * Makes a reference of everything that is exported, from the docstrings: `npm run docs:api` writes it
 * to docs/api. What has no docstring, or links to nothing, fails it.
 */
import { spawnSync } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const require = createRequire(import.meta.url)
const typedoc = join(dirname(require.resolve("typedoc/package.json")), "bin/typedoc")
const { status } = spawnSync(
  process.execPath,
  [typedoc, "--options", join(import.meta.dirname, "typedoc.json"), ...process.argv.slice(2)],
  { stdio: "inherit" }
)
process.exitCode = status ?? 1
