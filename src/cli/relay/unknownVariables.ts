/**
 * Variables that look like settings and are none: a bound that is misspelt would be no bound.
 */
import * as Effect from "effect/Effect"
import { envOf, envPrefix } from "../Setting.ts"
import { settingNames } from "./settingGroups.ts"

/** What Kubernetes sets for a Service named as the prefix is. */
const ofKubernetes = /^(SERVICE_|PORT_)/

/** The names in an environment that start like those of settings, and belong to none. */
const unknownVariables = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = new Set(settingNames.map(envOf))
  return names.filter(
    (name) =>
      name.startsWith(envPrefix) &&
      !known.has(name) &&
      !ofKubernetes.test(name.slice(envPrefix.length))
  )
}

/** Says which there are. */
export const warnOfUnknownVariables: Effect.Effect<void> = Effect.suspend(() => {
  const unknown = unknownVariables(Object.keys(process.env))
  return unknown.length === 0
    ? Effect.void
    : Effect.logWarning(
        `There are no settings of these names, check the spelling: ${unknown.join(", ")}`
      )
})
