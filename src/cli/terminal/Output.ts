/**
 * What a command prints, on stdout.
 */
import { format, styleText } from "node:util"
import * as Console from "effect/Console"
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

/**
 * Makes output of what a command prints on the console: help, versions and completions. Where that could
 * not be written, it is known when the command is done.
 */
export const withConsole = <E, R>(
  command: Effect.Effect<void, E, R>
): Effect.Effect<void, E | OutputClosed | OutputFailed, R> =>
  Effect.suspend(() => {
    let failure: OutputClosed | OutputFailed | undefined
    const toOutput: Console.Console = Object.assign(Object.create(globalThis.console), {
      log: (...parts: ReadonlyArray<unknown>) => {
        process.stdout.off("error", ignore).on("error", ignore)
        process.stdout.write(`${format(...parts)}\n`, (error) => {
          if (error != null) failure ??= failureOf(error)
        })
      }
    })
    return command.pipe(
      Effect.provideService(Console.Console, toOutput),
      // What was written before has been written then, or not.
      Effect.andThen(Effect.exit(write(""))),
      Effect.andThen(() => (failure === undefined ? Effect.void : Effect.fail(failure)))
    )
  })

type Format = Parameters<typeof styleText>[0]

/** Colours where stdout is a terminal; `NO_COLOR` and `FORCE_COLOR` are heeded. */
export const style = (how: Format, text: string): string =>
  styleText(how, text, { stream: process.stdout })
