/**
 * What keeps a command from starting, beside a flag that is wrong by itself.
 */
import * as Schema from "effect/Schema"

/** Settings that do not go together, or a file that cannot be read. The message says what to do. */
export class CommandError extends Schema.TaggedError<CommandError>()("CommandError", {
  message: Schema.String
}) {}
