/** The settings of the relay as a page of the documentation. */
import { type SettingGroup, settingGroups } from "../../src/cli/relay/settingGroups.ts"
import { envOf, envPrefix } from "../../src/cli/Setting.ts"
import { code, type Row, table, writtenBy } from "./table.ts"

const rowsOf = (setting: SettingGroup["settings"][number]): ReadonlyArray<Row> => {
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

const head = ["flag", "variable", "values", "default", "what it is"]

export const relayOptionsPage = (): string =>
  [
    "# Settings of `sanity-presence relay`\n",
    `A flag wins over its variable, \`${envPrefix}…\`; a variable that is empty counts for nothing. Secrets have no flag: every user of a machine can read arguments.\n`,
    ...settingGroups.flatMap(({ settings, title }) => [
      `## ${title}\n`,
      table([head, ...settings.flatMap(rowsOf)])
    ]),
    writtenBy
  ].join("\n")
