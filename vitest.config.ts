import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** The version of React that the tests of a project run with. */
    readonly react: string
  }
}

const isLong = ({ moduleId }: TestSpecification): boolean =>
  /\/test\/(bench|consumers)\//.test(moduleId)

/** What takes minutes starts first: as the last file it would run alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    // oxlint-disable-next-line unicorn/no-array-sort -- The sequencer's, not an array's.
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    // Real sockets, processes and browsers on a busy machine; a test that waits says for what.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // On a machine that is shared, real time is late now and then: what fails twice is broken. The report
    // names what was tried again. Where a developer looks on, the first failure counts.
    retry: process.env["CI"] === undefined ? 0 : 1,
    // Many files wait for processes, timers and the network more than they work.
    maxWorkers: Math.max(4, availableParallelism()),
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: "v8",
      include: ["src/**"],
      // The command line runs in processes of its own, which this does not see.
      exclude: ["src/cli/**"],
      reporter: ["text-summary", "html", "json"],
      reportOnFailure: true
    },
    // The second one is for `npm run checklist`; the third fails a run that prints a token.
    reporters: [
      "default",
      ["json", { outputFile: ".vitest/results.json" }],
      "./test/support/unseen.ts"
    ],
    projects: [
      {
        extends: true,
        test: {
          name: "main",
          include: ["{test,examples}/**/*.test.{ts,tsx}"],
          provide: { react: "19.3.1" }
        }
      },
      {
        extends: true,
        resolve: {
          alias: [{ find: /^(react|react-dom)(?=\/|$)/, replacement: "$1-18" }]
        },
        test: {
          name: "react-18",
          include: ["test/react/*.test.tsx"],
          provide: { react: "18.3.1" },
          setupFiles: ["test/react/support/react18.ts"]
        }
      }
    ]
  }
})
