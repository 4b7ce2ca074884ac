/** Fails a run in whose output a token stands: nothing may print one, in no log, error or URL. */
import type { Reporter, TestModule } from "vitest/node"

/** What tokens of tests are made of, where they are no names of users. */
const token = /unseen-t\d|tell-nobody|secret-token|a-secret/

/** The lines of a text in which a token stands. */
export const linesWithToken = (text: string): ReadonlyArray<string> =>
  text.split("\n").filter((line) => token.test(line))

const errorsOf = (modules: ReadonlyArray<TestModule>): ReadonlyArray<string> =>
  modules.flatMap((module) =>
    Array.from(module.children.allTests(), (test) =>
      (test.result().errors ?? []).map(({ message, stack }) => `${message}\n${stack}`)
    ).flat()
  )

export default class Unseen implements Reporter {
  readonly #found: Array<string> = []

  onUserConsoleLog({ content }: { readonly content: string }): void {
    this.#found.push(...linesWithToken(content))
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const found = [...this.#found, ...errorsOf(modules).flatMap(linesWithToken)]
    if (found.length === 0) return
    console.error(`Tokens were printed:\n${found.join("\n")}`)
    process.exitCode = 1
  }
}
