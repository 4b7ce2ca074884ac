/**
 * Processes beside the one that measures. Each prints a line when it is ready, and ends with the
 * scope, or with whoever started it.
 */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Starts a module as a process; gives the line that it printed. */
const start = (module: URL, input: unknown): Effect.Effect<string, never, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [fileURLToPath(module), JSON.stringify(input)], {
          stdio: ["pipe", "pipe", "inherit"]
        })
      ),
      (child) =>
        Effect.callback<void>((resume) => {
          if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
    )
    return yield* Effect.callback<string>((resume) => {
      createInterface({ input: child.stdout }).once("line", (line) => resume(Effect.succeed(line)))
      child.once("exit", () => resume(Effect.die(new Error(`${module.pathname} came to an end`))))
    })
  })

/** A relay, from now until the scope closes; gives its URL. */
export const startRelay: Effect.Effect<string, never, Scope.Scope> = start(
  new URL("relay.ts", import.meta.url),
  null
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
    : Effect.asVoid(start(new URL("others.ts", import.meta.url), others))
