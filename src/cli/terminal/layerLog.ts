/**
 * The log of commands whose output is something else: on stderr, and only what matters, unless
 * `--log-level` says otherwise.
 */
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Formatter from "effect/Formatter"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as References from "effect/References"
import { printable } from "./printable.ts"

/** One line each, in which nothing does anything to a terminal: frames hold texts of others. */
const logger = Logger.withConsoleError(
  Logger.make(({ date, logLevel, message }) => {
    const texts = (Array.isArray(message) ? message : [message]).map((part) =>
      typeof part === "string" ? part : Formatter.format(part)
    )
    return printable(`${date.toISOString()} ${logLevel} ${texts.join(" ")}`)
  })
)

export const layerLog = Layer.unwrap(
  Effect.map(GlobalFlag.LogLevel, (level) =>
    Layer.mergeAll(
      Logger.layer([logger]),
      Layer.succeed(
        References.MinimumLogLevel,
        Option.getOrElse(level, () => "Warn" as const)
      )
    )
  )
)
