/**
 * Writes the pages of the documentation that are made from the code: `npm run docs`.
 */
import { writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { generatedPages } from "./docs/pages.ts"

for (const [path, page] of await Effect.runPromise(generatedPages)) {
  writeFileSync(new URL(`../${path}`, import.meta.url), page)
}
