/**
 * Why a command ends without having done its work, and the exit code that says so to scripts.
 */
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"

/**
 * The exit codes of all commands beside 0; a signal that ends one before it is done gives 128 and the
 * number of the signal, as usual.
 *
 * - `failed`: it could not be done: no connection, for instance.
 * - `usage`: flags, variables or files that are wrong by themselves.
 * - `unauthorized`: the token was refused.
 */
export const ExitCode = { failed: 1, usage: 2, unauthorized: 3 } as const

/** Settings that do not go together, or a file that cannot be read. The message says what to do. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  message: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = ExitCode.usage
}

/** What was asked for could not be done. The message says why, and what to do. */
export class CommandFailed extends Schema.TaggedError<CommandFailed>()("CommandFailed", {
  message: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = ExitCode.failed
}

/** The token was refused. */
export class CommandUnauthorized extends Schema.TaggedError<CommandUnauthorized>()(
  "CommandUnauthorized",
  {
    message: Schema.String
  }
) {
  override readonly [Runtime.errorExitCode] = ExitCode.unauthorized
}

/** A command that was run ended with a code that is no success; so does this one. */
export class ChildFailed extends Schema.TaggedError<ChildFailed>()("ChildFailed", {
  message: Schema.String,
  code: Schema.Finite
}) {
  override readonly [Runtime.errorExitCode] = this.code
}
