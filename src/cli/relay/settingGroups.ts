/**
 * All settings of the relay, in the groups in which its documentation shows them.
 */
import * as nats from "./natsSettings.ts"
import * as authentication from "./authSettings.ts"
import * as settings from "./relaySettings.ts"
import type { Secret } from "../Secret.ts"
import type { SettingInfo } from "../Setting.ts"

export interface SettingGroup {
  readonly title: string
  readonly settings: ReadonlyArray<SettingInfo & Partial<Pick<Secret, "file">>>
}

export const settingGroups: ReadonlyArray<SettingGroup> = [
  {
    title: "Where it listens",
    settings: [
      ...Object.values(settings.listening),
      ...Object.values(settings.networkCounts),
      settings.projectFromHost,
      settings.allowedOrigins,
      ...Object.values(settings.tlsFiles)
    ]
  },
  {
    title: "Who may enter",
    settings: [
      authentication.auth,
      authentication.tokensFile,
      authentication.sanityApiHost,
      ...Object.values(authentication.authLists),
      ...Object.values(authentication.authTimes)
    ]
  },
  { title: "Bounds", settings: Object.values(settings.limits) },
  { title: "Times", settings: [...Object.values(settings.times), settings.rollCall] },
  {
    title: "Several nodes",
    settings: [
      nats.nats,
      ...Object.values(nats.natsTexts),
      ...Object.values(nats.natsSecrets),
      nats.natsTlsFirst,
      ...Object.values(nats.natsTimes),
      ...Object.values(nats.natsCounts)
    ]
  },
  {
    title: "Log and metrics",
    settings: [settings.logFormat, settings.logLevel, settings.metricsToken]
  }
]

/** The names of all settings, of secrets both. */
export const settingNames: ReadonlyArray<string> = settingGroups.flatMap(({ settings }) =>
  settings.flatMap(({ file, name }) => (file === undefined ? [name] : [name, file.name]))
)
