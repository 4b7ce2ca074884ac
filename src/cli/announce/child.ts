/**
 * A command that is run with this terminal.
 */
import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import { ChildFailed } from "../CommandFailure.ts"
import { exitCodeOf } from "../interrupted.ts"

/** How long a command that is asked to end may take, in milliseconds. */
const patience = 10_000

/** The exit codes of shells for a command that is not there, and for one that cannot be run. */
const notFound = 127
const notExecutable = 126

/**
 * Runs it and gives its exit code; of one that a signal ended 128 and the number of the signal, as
 * shells do. It stays in the group of this process, so that what is typed reaches it. Interrupted, it
 * is asked to end, and killed where it does not.
 */
export const runChild = (
  command: string,
  args: ReadonlyArray<string>
): Effect.Effect<number, ChildFailed> =>
  Effect.callback((resume) => {
    const child = spawn(command, args, { stdio: "inherit" })
    const ended = new Promise<void>((resolve) => {
      child.once("error", () => resolve())
      child.once("exit", () => resolve())
    })
    child.once("error", (error) =>
      resume(
        new ChildFailed({
          message: `${command} cannot be run: ${error.message}`,
          code: "code" in error && error.code === "ENOENT" ? notFound : notExecutable
        })
      )
    )
    child.once("exit", (code, signal) =>
      resume(Effect.succeed(signal === null ? (code ?? 0) : exitCodeOf(signal)))
    )
    return Effect.promise(() => {
      child.kill("SIGTERM")
      const impatient = setTimeout(() => child.kill("SIGKILL"), patience)
      return ended.finally(() => clearTimeout(impatient))
    })
  })
