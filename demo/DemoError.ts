/**
 * Why the demo could not start.
 */
import * as Schema from "effect/Schema"

/** The message is for the person at the terminal: what is wrong, and what to set. */
export class DemoError extends Schema.TaggedError<DemoError>()("DemoError", {
  message: Schema.String
}) {}
