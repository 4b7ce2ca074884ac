/**
 * The command line: `sanity-presence <command>`. Loading it runs it.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import { packageVersion } from "../relay/PackageVersion.ts"
import { ExitCode } from "./CommandFailure.ts"
import { root } from "./root.ts"
import { complain } from "./terminal/complain.ts"
import { OutputClosed, withConsole } from "./terminal/Output.ts"
import { withoutPastedTokens } from "./terminal/printable.ts"

/** What was meant, in the same line. */
const inLine = ({ message }: CliError.CliError): string => {
  const [said = "", ...meant] = message.split(/\s*\n\s*/)
  return meant.length < 2 ? message : `${said}. Did you mean ${meant.slice(1).join(" or ")}?`
}

/** A wrong invocation costs one line, not a page of help. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? complain(
          `${withoutPastedTokens(event.errors.map(inLine).join("; "))} (see ${event.commandPath.join(" ")} --help)`
        )
      : CliOutput.defaultPresenter.present(event)
}

/** What goes wrong is said here; the runtime would add a stack. */
const report = (cause: Cause.Cause<Error>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const error = Cause.squash(cause)
  if (CliError.isCliError(error)) return Effect.void
  return Cause.hasDies(cause)
    ? Console.error(Cause.pretty(cause))
    : complain(error instanceof Error ? error.message : String(error))
}

const exitCodeOf = (cause: Cause.Cause<unknown>, byDefault: number): number => {
  // A stop by SIGINT or SIGTERM was asked for: no failure, unless the command says otherwise.
  if (Cause.hasInterruptsOnly(cause)) return Number(process.exitCode ?? 0)
  const error = Cause.squash(cause)
  if (error instanceof OutputClosed) return 0
  // Help that was asked for is no failure.
  return CliError.isCliError(error) && byDefault !== 0 ? ExitCode.usage : byDefault
}

const teardown: Runtime.Teardown = (exit, onExit) =>
  Runtime.defaultTeardown(exit, (byDefault) =>
    onExit(Exit.isFailure(exit) ? exitCodeOf(exit.cause, byDefault) : byDefault)
  )

// Who reads no more of it misses what is said, and that is all.
process.stderr.on("error", () => {})
// A terminal that is closed asks to end, as whoever sends SIGTERM does. Without one, nohup may have
// said that it is to be ignored, which a listener would undo.
if (process.stdin.isTTY || process.stdout.isTTY) {
  process.on("SIGHUP", () => process.kill(process.pid, "SIGTERM"))
}

root.pipe(
  Command.run({ version: packageVersion }),
  withConsole,
  Effect.tapCause(report),
  Effect.provide(Layer.mergeAll(NodeServices.layer, CliOutput.layerPresenter(presenter))),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
