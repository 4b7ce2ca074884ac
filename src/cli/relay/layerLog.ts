/**
 * The log of the relay of the command line.
 */
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as References from "effect/References"
import { UsageError } from "../CommandFailure.ts"
import { logLevel } from "./relaySettings.ts"
import { envOf } from "../Setting.ts"

const levels = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  none: "None"
} as const

const isLevel = (text: string): text is keyof typeof levels => Object.hasOwn(levels, text)

/** The level of the variable; the flag's is there already. */
const readLevel = Effect.gen(function* () {
  const flag = yield* GlobalFlag.LogLevel
  if (Option.isSome(flag)) return flag.value
  const env = envOf(logLevel.name)
  const variable = Option.getOrElse(
    yield* Effect.orElseSucceed(Config.option(Config.String(env)), Option.none),
    () => "info"
  )
  if (isLevel(variable)) return levels[variable]
  return yield* new UsageError({
    message: `${env} is "${variable}". Expected one of ${Object.keys(levels).join(", ")}.`
  })
})

const loggers = {
  pretty: Logger.consolePretty(),
  json: Logger.consoleJson,
  logfmt: Logger.consoleLogFmt
}

/** Where and what is logged, all on stdout; a log that cannot be written is no failure of the relay. */
export const layerLog = (format: keyof typeof loggers | undefined) =>
  Layer.unwrap(
    Effect.map(readLevel, (level) =>
      Layer.mergeAll(
        Layer.succeed(Console.Console, globalThis.console),
        Logger.layer([loggers[format ?? (process.stdout.isTTY ? "pretty" : "json")]]),
        Layer.succeed(References.MinimumLogLevel, level)
      )
    )
  )
