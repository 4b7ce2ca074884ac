/** The reference of what is exported. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { it } from "@effect/vitest"
import { root } from "./pages.ts"

it("is made of docstrings that there are, whose links lead somewhere: `npm run docs:api`", async () => {
  const args = ["scripts/api/run.ts", "--emit", "none"]
  await promisify(execFile)(process.execPath, args, { cwd: root })
})
