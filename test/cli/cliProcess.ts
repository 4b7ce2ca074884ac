/** The command line in a process of its own, with its output and its end. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { watch, type Watched } from "../support/childProcess.ts"

const main = new URL("../../src/cli/main.ts", import.meta.url).pathname

/** From source, this is what makes a start take half as long; what is installed does it itself. */
const compiled = new URL("../../node_modules/.cache/node", import.meta.url).pathname

/** The variables of this process without those that the command line, or Node for it, reads. */
const cleanEnv = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(SANITY_|(NO_COLOR|FORCE_COLOR|CI)$)/.test(name)
  )
)

export type Variables = { readonly [name: string]: string }

export interface CliProcess extends Watched {
  readonly kill: (signal: NodeJS.Signals) => boolean
  /** Types something. */
  readonly type: (text: string) => void
  /** Reads its output no more, as a `head` that has enough. */
  readonly stopReading: () => void
  /** Where the relay listens. */
  readonly url: Effect.Effect<string>
}

const toCliProcess = (child: ChildProcess): CliProcess => {
  const watched = watch(child)
  return {
    ...watched,
    kill: (signal) => child.kill(signal),
    type: (text) => void child.stdin?.write(text),
    stopReading: () => void child.stdout?.destroy(),
    url: watched.printed(/(?<=Relay listening on )https?:\/\/127\.0\.0\.1:\d+/)
  }
}

const start = (
  variables: Variables,
  command: string,
  args: ReadonlyArray<string>,
  stdin: "ignore" | "pipe"
): Effect.Effect<CliProcess, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(command, args, {
          stdio: [stdin, "pipe", "pipe"],
          env: { ...cleanEnv, NODE_COMPILE_CACHE: compiled, ...variables }
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    toCliProcess
  )

/** Runs the command line with these variables; it is killed with the scope. */
export const cli = (variables: Variables, ...args: ReadonlyArray<string>) =>
  start(variables, process.execPath, [main, ...args], "ignore")

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

/** Runs it with its output in a file. */
export const cliInto = (path: string, variables: Variables, ...args: ReadonlyArray<string>) =>
  start(
    variables,
    "sh",
    ["-c", `exec "$@" > ${quote(path)}`, "sh", process.execPath, main, ...args],
    "ignore"
  )

/** Whether there is no `script`, which lends a command a terminal. Never in CI: there tests must fail. */
export const isTerminalMissing =
  process.env["CI"] === undefined && spawnSync("script", ["--version"]).status !== 0

if (isTerminalMissing) {
  console.warn("Skipped without script(1). On Debian: apt-get install bsdutils")
}

interface Size {
  readonly columns: number
  readonly rows: number
}

const onTerminal = (
  size: Size,
  variables: Variables,
  args: ReadonlyArray<string>,
  inShell: (words: string) => string
) => {
  const words = [process.execPath, main, ...args].map(quote).join(" ")
  const command = `stty cols ${size.columns} rows ${size.rows}; ${inShell(words)}`
  return start(
    { TERM: "xterm-256color", SHELL: "/bin/sh", ...variables },
    "script",
    ["-qefc", command, "/dev/null"],
    "pipe"
  )
}

/** Runs it on a terminal of this size, which has nothing else: what it shows is in stdout. */
export const cliOnTerminal = (size: Size, variables: Variables, ...args: ReadonlyArray<string>) =>
  onTerminal(size, variables, args, (words) => `exec ${words}`)

/** Runs it from a shell that says when it is suspended, and continues it after a line has been typed. */
export const cliInShell = (size: Size, variables: Variables, ...args: ReadonlyArray<string>) =>
  onTerminal(
    size,
    variables,
    args,
    (words) =>
      `set -m; ${words}; code=$?; while [ $code -gt 128 ]; do echo suspended; read -r line; fg; code=$?; done; exit $code`
  )

/** Runs the command line with variables of the relay, named without their prefix. */
export const runWith = (variables: Variables, ...args: ReadonlyArray<string>) =>
  cli(
    Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [`SANITY_PRESENCE_RELAY_${name}`, value])
    ),
    ...args
  )

export const run = (...args: ReadonlyArray<string>) => runWith({}, ...args)
