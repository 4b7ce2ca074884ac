/**
 * Settings that nobody else may see: from a variable or a file, never from an argument, which every
 * user of the machine can read.
 */
import type * as Flag from "effect/cli/Flag"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import { UsageError } from "./CommandFailure.ts"
import { envOf, file, type Setting, type SettingInfo } from "./Setting.ts"

/** A secret, and the setting of the file that it may stand in. */
export interface Secret extends SettingInfo {
  readonly file: Setting<string>
}

const uncapitalize = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

export const secret = (info: Pick<SettingInfo, "name" | "description">): Secret => ({
  ...info,
  values: "text",
  default: "none",
  file: file({
    name: `${info.name}-file`,
    default: "none",
    description: `The file with that of the variable ${envOf(info.name)}: ${uncapitalize(info.description)}`
  })
})

/** The flags of the files of secrets. */
export const fileFlagsOf = <Key extends string>(secrets: {
  readonly [name in Key]: Secret
}): Record<Key, Flag.Flag<string | undefined>> => Record.map(secrets, ({ file }) => file.flag)

const whyNot = ({ cause, reason }: PlatformError, path: string): string => {
  switch (reason._tag) {
    case "NotFound":
      return `there is no ${path}`
    case "PermissionDenied":
      return `this process may not read ${path}`
    default: {
      const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : ""
      return `${path} is no file that can be read${code}`
    }
  }
}

/** A file's content, or a {@link UsageError} that names the flag. */
export const readFile = Effect.fnUntraced(function* (name: string, path: string) {
  const files = yield* FileSystem.FileSystem
  return yield* files.readFileString(path).pipe(
    Effect.mapError(
      (error) =>
        new UsageError({
          message: `The file of --${name} cannot be read: ${whyNot(error, path)}. Check the path.`
        })
    )
  )
})

/** The secret in a file, which must hold one. */
export const readSecretFile = Effect.fnUntraced(function* (name: string, path: string) {
  const text = (yield* readFile(name, path)).trim()
  if (text !== "") return Redacted.make(text)
  return yield* new UsageError({ message: `The file of --${name} is empty: ${path}.` })
})

/** A secret's value; undefined where there is none. */
export const readSecret = Effect.fnUntraced(function* (
  { file, name }: Secret,
  path: string | undefined
) {
  const variable = Option.getOrUndefined(
    yield* Config.option(Config.Redacted(envOf(name))).pipe(
      Effect.mapError(({ message }) => new UsageError({ message }))
    )
  )
  if (path === undefined) return variable
  if (variable !== undefined) {
    return yield* new UsageError({
      message: `There are both ${envOf(name)} and --${file.name}. Give one.`
    })
  }
  return yield* readSecretFile(file.name, path)
})
