/**
 * The log of commands whose output is something else: on stderr, and only what matters, unless
 * `--log-level` says otherwise.
 */
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as References from "effect/References"

export const layerLog = Layer.unwrap(
  Effect.map(GlobalFlag.LogLevel, (level) =>
    Layer.mergeAll(
      Logger.layer([Logger.consolePretty()]),
      Layer.succeed(Logger.LogToStderr, true),
      Layer.succeed(
        References.MinimumLogLevel,
        Option.getOrElse(level, () => "Warn" as const)
      )
    )
  )
)
