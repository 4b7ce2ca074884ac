/**
 * A setting of a command: one value that a flag gives, or a variable of the environment.
 */
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Param from "effect/cli/Param"
import * as Primitive from "effect/cli/Primitive"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import * as Result from "effect/Result"

/** What the name of every variable of the relay starts with. */
export const envPrefix = "SANITY_PRESENCE_RELAY_"

/** The variable of a setting of the relay: `silence-timeout` is `SANITY_PRESENCE_RELAY_SILENCE_TIMEOUT`. */
export const envOf = (name: string): string =>
  `${envPrefix}${name.replaceAll("-", "_").toUpperCase()}`

/** What people read of a setting. */
export interface SettingInfo {
  /** The flag without its dashes. */
  readonly name: string
  /** What may be given, for instance `2 to 30 s`. */
  readonly values: string
  /** What holds where it is not given, as a person would write it. */
  readonly default: string
  readonly description: string
  /** The variable, where it is none of the relay's; null where only the flag can say it. */
  readonly env?: string | null
}

/** A setting with its flag, which looks at the variable where it is not given itself. */
export interface Setting<A> extends SettingInfo {
  readonly flag: Flag.Flag<A | undefined>
}

/** Reads a value, or says what would have been one. `env` is the variable that it stood in, if in one. */
type Parse<A> = (text: string, env: string | undefined) => Result.Result<A, string>

/** A value as it was written, and in which variable, unless it was the flag. */
interface Written {
  readonly text: string
  readonly env?: string
}

/** An address without its user and password. By hand: what is written has any length. */
export const withoutUser = (text: string): string => {
  const start = text.indexOf("//")
  const end = text.lastIndexOf("@")
  return start === -1 || end < start ? text : `${text.slice(0, start)}//…${text.slice(end)}`
}

/** Kubernetes gives every container the address of a Service in a variable named after it. */
const ofKubernetes = /^tcp:\/\//

const placeOf = ({ env, text }: Written): string => {
  if (env === undefined) return ""
  const hint = ofKubernetes.test(text)
    ? ", which Kubernetes sets for a Service of this name: set enableServiceLinks to false"
    : ""
  return `, in the variable ${env}${hint}`
}

const withVariable = (flag: Flag.Flag<Written>, env: string | null): Flag.Flag<Written> =>
  env === null
    ? flag
    : Flag.withFallbackConfig(
        flag,
        Config.map(Config.String(env), (text): Written => ({ text, env }))
      )

/**
 * A setting of any kind.
 *
 * @param options.forbidden what a flag may not say although the variable may, because every user of
 *   the machine can read arguments. Gives the reason. What was written is not repeated in errors then.
 * @param options.flag a text, unless it is one of a kind that shells can complete
 */
export const setting = <A>(
  info: SettingInfo,
  parse: Parse<A>,
  {
    flag: makeFlag = Flag.String,
    forbidden
  }: {
    readonly forbidden?: (text: string) => string | undefined
    readonly flag?: (name: string) => Flag.Flag<string>
  } = {}
): Setting<A> => {
  const env = info.env === undefined ? envOf(info.name) : info.env
  const read = (written: Written): Effect.Effect<A, CliError.CliError> => {
    const reason = written.env === undefined ? forbidden?.(written.text) : undefined
    const result =
      reason === undefined ? parse(written.text.trim(), written.env) : Result.fail(reason)
    if (Result.isSuccess(result)) return Effect.succeed(result.success)
    return Effect.fail(
      new CliError.InvalidValue({
        option: info.name,
        value: forbidden === undefined ? withoutUser(written.text) : "…",
        expected: `${result.failure}${placeOf(written)}`,
        kind: "flag"
      })
    )
  }
  const variable = env === null ? "" : ` [env: ${env}]`
  const flag = withVariable(
    Flag.map(makeFlag(info.name), (text): Written => ({ text })),
    env
  ).pipe(
    Flag.mapEffect(read),
    Flag.withDefault(undefined),
    Flag.withMetavar(`<${info.values}>`),
    Flag.withDescription(`${info.description} [default: ${info.default}]${variable}`)
  )
  return { ...info, flag }
}

/** A text that is not empty. */
export const text = (info: Omit<SettingInfo, "values"> & { readonly values?: string }) =>
  setting({ values: "text", ...info }, (value) =>
    value === "" ? Result.fail("Expected a text") : Result.succeed(value)
  )

/**
 * Shells complete it. It may be a pipe, as `<(…)` is in shells. An empty one stays empty: made absolute,
 * it would be the working directory.
 */
export const pathFlag = (name: string): Flag.Flag<string> => {
  const path = Primitive.Path("either")
  const { parse } = path
  return Param.makeSingle({
    kind: Param.flagKind,
    name,
    primitiveType: Object.assign(path, {
      parse: (text: string) => (text.trim() === "" ? Effect.succeed("") : parse(text))
    })
  })
}

/** Reads a path of a file. */
export const parsePath = (value: string): Result.Result<string, string> =>
  value === "" ? Result.fail("Expected a path") : Result.succeed(value)

/** A path of a file. */
export const file = (info: Omit<SettingInfo, "values">) =>
  setting({ values: "path", ...info }, parsePath, { flag: pathFlag })

/** The address of a service over HTTP. */
export const url = (info: Omit<SettingInfo, "values">) =>
  setting({ values: "url", ...info }, (value) =>
    /^https?:\/\//.test(value) && URL.canParse(value) && withoutUser(value) === value
      ? Result.succeed(value)
      : Result.fail("Expected a URL without a user, https://…")
  )

/** Texts with commas between them; `complaintAbout` says what is wrong with one. */
export const list = (
  info: Omit<SettingInfo, "values">,
  complaintAbout: (item: string) => string | undefined = () => undefined
) =>
  setting({ values: "a,b,…", ...info }, (value) => {
    const items = value
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "")
    if (items.length === 0) return Result.fail("Expected names with commas between them")
    const complaint = items.map(complaintAbout).find((text) => text !== undefined)
    return complaint === undefined ? Result.succeed(items) : Result.fail(complaint)
  })

/** One of a few words, which shells complete. */
export const choice = <const Choice extends string>(
  info: Omit<SettingInfo, "values">,
  choices: ReadonlyArray<Choice>
) =>
  setting(
    { values: choices.join("|"), ...info },
    (value) => {
      const chosen = choices.find((choice) => choice === value)
      return chosen === undefined
        ? Result.fail(`Expected one of ${choices.join(", ")}`)
        : Result.succeed(chosen)
    },
    { flag: (name) => Flag.Literals(name, choices) }
  )

/** A number from `min` to `max`. */
export interface NumberInfo {
  readonly name: string
  readonly default: number | string
  readonly min: number
  readonly max: number
  readonly description: string
  readonly env?: string | null
}

const decimal = /^-?(\d+|\d*\.\d+)$/

const number = (info: NumberInfo, unit: string, isWhole: boolean): Setting<number> => {
  const range = `${info.min} to ${info.max}`
  const values = unit === "" ? range : `${range} ${unit}`
  return setting({ ...info, values, default: `${info.default}` }, (value) => {
    const parsed = decimal.test(value) ? Number(value) : Number.NaN
    const isGood =
      parsed >= info.min && parsed <= info.max && (!isWhole || Number.isInteger(parsed))
    return isGood
      ? Result.succeed(parsed)
      : Result.fail(`Expected a ${isWhole ? "whole number" : "number"} from ${values}`)
  })
}

/** A whole number. */
export const count = (info: NumberInfo, unit = ""): Setting<number> => number(info, unit, true)

/** A number, whole or not. */
export const quantity = (info: NumberInfo, unit: string): Setting<number> =>
  number(info, unit, false)

/** A time, in seconds. */
export const seconds = (info: NumberInfo): Setting<number> => quantity(info, "s")

/** What such a setting says, where it is given. */
export const toDuration = (seconds: number | undefined): Duration.Duration | undefined =>
  seconds === undefined ? undefined : Duration.seconds(seconds)

/** The flags of settings of one type. */
export const flagsOf = <Key extends string, A>(settings: {
  readonly [name in Key]: Setting<A>
}): Record<Key, Flag.Flag<A | undefined>> => Record.map(settings, ({ flag }) => flag)
