#!/usr/bin/env node
/**
 * The command line: `sanity-presence <command>`.
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
import { relay } from "./relay.ts"

const root = Command.make("sanity-presence").pipe(
  Command.withDescription("Presence for Sanity, at the command line"),
  Command.withSubcommands([relay])
)

/** One line on stderr, however the message was laid out. */
const complain = (message: string): Effect.Effect<void> =>
  Console.error(`sanity-presence: ${message.replace(/\s+/g, " ").trim()}`)

/** A wrong invocation costs one line, not a page of help. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? complain(
          `${event.errors.map((error) => error.message).join("; ")} (see ${event.commandPath.join(" ")} --help)`
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

/** A stop by SIGINT or SIGTERM was asked for: no failure. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
    ? onExit(0)
    : Runtime.defaultTeardown(exit, onExit)

root.pipe(
  Command.run({ version: packageVersion }),
  Effect.tapCause(report),
  Effect.provide(Layer.mergeAll(NodeServices.layer, CliOutput.layerPresenter(presenter))),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
