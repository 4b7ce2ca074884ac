/**
 * The settings of the relay as a page of the documentation.
 */
import * as nats from "./natsSettings.ts"
import * as authentication from "./authSettings.ts"
import * as settings from "./relaySettings.ts"
import type { Secret } from "../Secret.ts"
import { envOf, envPrefix, type SettingInfo } from "../Setting.ts"

interface Group {
  readonly title: string
  readonly settings: ReadonlyArray<SettingInfo & Partial<Pick<Secret, "file">>>
}

const groups: ReadonlyArray<Group> = [
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
export const settingNames: ReadonlyArray<string> = groups.flatMap(({ settings }) =>
  settings.flatMap(({ file, name }) => (file === undefined ? [name] : [name, file.name]))
)

const code = (text: string): string => `\`${text}\``

const rowsOf = (setting: Group["settings"][number]): ReadonlyArray<ReadonlyArray<string>> => {
  const { default: byDefault, description, file, name, values } = setting
  const isSecret = file !== undefined
  const row = [
    isSecret ? "" : code(`--${name}`),
    code(envOf(name)),
    values.replaceAll("|", ", "),
    byDefault,
    description
  ]
  return isSecret ? [row, ...rowsOf({ ...file, description: "The same, in a file" })] : [row]
}

/** A table with columns of even width. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  )
  const line = (row: ReadonlyArray<string>): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |\n`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("")
}

const head = ["flag", "variable", "values", "default", "what it is"]

/** The page, in Markdown. */
export const optionsPage = (): string =>
  [
    "# Settings of `sanity-presence relay`\n",
    `A flag wins over its variable, \`${envPrefix}…\`; a variable that is empty counts for nothing. Secrets have no flag: every user of a machine can read arguments.\n`,
    ...groups.flatMap(({ settings, title }) => [
      `## ${title}\n`,
      table([head, ...settings.flatMap(rowsOf)])
    ]),
    "This page is written by `npm run docs`.\n"
  ].join("\n")
