/**
 * Writes the pages of the documentation that are made from the code: `npm run docs`.
 */
import { writeFileSync } from "node:fs"
import { optionsPage } from "../src/cli/relay/settingTables.ts"

writeFileSync(new URL("../docs/relay-options.md", import.meta.url), optionsPage())
