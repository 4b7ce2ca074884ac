/**
 * What a command prints, on stdout.
 */
import { styleText } from "node:util"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The output could not be written: the disk is full, for instance. */
export class OutputFailed extends Schema.TaggedError<OutputFailed>()("OutputFailed", {
  detail: Schema.String
}) {
  override get message() {
    return `The output cannot be written: ${this.detail}.`
  }
}

/** Whoever read the output has enough of it: a `head`, for instance. No failure. */
export class OutputClosed extends Schema.TaggedError<OutputClosed>()("OutputClosed", {}) {
  override get message() {
    return "Nobody reads the output any more."
  }
}

const failureOf = (error: Error) =>
  "code" in error && error.code === "EPIPE"
    ? new OutputClosed()
    : new OutputFailed({ detail: error.message })

/** An error that is told to the writer, too, and would end the process with a stack. */
const ignore = () => {}

/** Writes a text; ends when it is on its way, so that whoever reads slowly slows the command down. */
export const write = (text: string): Effect.Effect<void, OutputClosed | OutputFailed> =>
  Effect.callback((resume) => {
    process.stdout.off("error", ignore).on("error", ignore)
    process.stdout.write(text, (error) =>
      resume(error == null ? Effect.void : Effect.fail(failureOf(error)))
    )
  })

/** Writes a line. */
export const print = (line: string): Effect.Effect<void, OutputClosed | OutputFailed> =>
  write(`${line}\n`)

type Format = Parameters<typeof styleText>[0]

/** Colours where stdout is a terminal; `NO_COLOR` and `FORCE_COLOR` are heeded. */
export const style = (format: Format, text: string): string =>
  styleText(format, text, { stream: process.stdout })
