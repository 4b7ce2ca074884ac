/**
 * Processes beside the one that measures. Each prints a line when it is ready, and ends with the
 * scope, or with whoever started it.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * A process that was started.
 *
 * - `line`: what it printed when it was ready.
 * - `ask`: writes a line to it and gives the one that it answers with. One question at a time.
 * - `end`: sends it a signal; done when it has come to its end.
 */
export interface Child {
  readonly line: string
  readonly ask: (question: string) => Effect.Effect<string>
  readonly end: (signal: NodeJS.Signals) => Effect.Effect<void>
}

const end = (child: ChildProcess, signal: NodeJS.Signals) =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })

/** Starts a module as a process, with options for Node, from now until the scope closes. */
export const startChild = Effect.fnUntraced(function* (
  module: URL,
  input: unknown,
  nodeOptions: ReadonlyArray<string> = []
): Effect.fn.Return<Child, never, Scope.Scope> {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [...nodeOptions, fileURLToPath(module), JSON.stringify(input)], {
        stdio: ["pipe", "pipe", "inherit"]
      })
    ),
    (child) => end(child, "SIGKILL")
  )
  const lines = createInterface({ input: child.stdout })
  const nextLine = Effect.callback<string>((resume) => {
    const ended = () => resume(Effect.die(new Error(`${module.pathname} came to an end`)))
    child.once("exit", ended)
    lines.once("line", (line) => {
      child.off("exit", ended)
      resume(Effect.succeed(line))
    })
  })
  const line = yield* nextLine
  const ask = (question: string) =>
    Effect.suspend(() => {
      child.stdin.write(`${question}\n`)
      return nextLine
    })
  return { line, ask, end: (signal) => end(child, signal) }
})

/** A relay, from now until the scope closes; gives its URL. */
export const startRelay: Effect.Effect<string, never, Scope.Scope> = Effect.map(
  startChild(new URL("relay.ts", import.meta.url), null),
  ({ line }) => line
)

/**
 * Who else is in the room.
 *
 * - `interval`: milliseconds after which each says again where it is, and is where it was.
 */
export interface Others {
  readonly url: string
  readonly dataset: string
  readonly sessions: number
  readonly interval: number
}

/** Has them join, from now until the scope closes. */
export const startOthers = (others: Others): Effect.Effect<void, never, Scope.Scope> =>
  others.sessions === 0
    ? Effect.void
    : Effect.asVoid(startChild(new URL("others.ts", import.meta.url), others))
