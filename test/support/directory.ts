/** A folder of a test's own, until its scope closes. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"

export const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "presence-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
