/** The pages of the documentation that are made from the code, by path from the root. */
import * as Effect from "effect/Effect"
import { cliReferencePage } from "./cliReferencePage.ts"
import { configurationPage } from "./configurationPage.ts"
import { relayOptionsPage } from "./relayOptionsPage.ts"

export const generatedPages = Effect.map(
  cliReferencePage,
  (cliReference): ReadonlyMap<string, string> =>
    new Map([
      ["docs/cli-reference.md", cliReference],
      ["docs/configuration.md", configurationPage()],
      ["docs/relay-options.md", relayOptionsPage()]
    ])
)
