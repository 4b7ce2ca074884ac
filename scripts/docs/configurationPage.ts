/** The tunables of the client as a page of the documentation, from their docstrings and defaults. */
import { readFileSync } from "node:fs"
import { parseSync } from "rolldown/utils"
import * as Duration from "effect/Duration"
import * as PresenceConfig from "../../src/PresenceConfig.ts"
import { code, table, writtenBy } from "./table.ts"

const file = new URL("../../src/PresenceConfig.ts", import.meta.url)

/** The docstrings of the fields of an interface, by the name of the field. */
const docstringsOf = (interfaceName: string): ReadonlyMap<string, string> => {
  const source = readFileSync(file, "utf8")
  const { comments, program } = parseSync(file.pathname, source)
  const found = new Map<string, string>()
  for (const statement of program.body) {
    const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : null
    if (declared?.type !== "TSInterfaceDeclaration" || declared.id.name !== interfaceName) continue
    for (const member of declared.body.body) {
      if (member.type !== "TSPropertySignature" || member.key.type !== "Identifier") continue
      const comment = comments.findLast(({ end }) => end <= member.start)
      const isItsOwn = comment && source.slice(comment.end, member.start).trim() === ""
      if (!isItsOwn) throw new Error(`${interfaceName}.${member.key.name} has no docstring`)
      found.set(member.key.name, comment.value.replaceAll(/\s*\n?\s*\*+\s+/g, " ").trim())
    }
  }
  return found
}

const shown = (value: Duration.Duration | number): string => {
  if (typeof value === "number") return value.toLocaleString("en")
  return Duration.isFinite(value) ? Duration.format(value) : "never"
}

const rowsOf = (
  interfaceName: string,
  values: Readonly<Record<string, Duration.Duration | number>>
) => {
  const docstrings = docstringsOf(interfaceName)
  return Object.entries(values).map(([name, value]) => [
    code(name),
    shown(value),
    docstrings.get(name) ?? ""
  ])
}

const head = ["name", "default", "what it is, and why that default"]

export const configurationPage = (): string => {
  const { limits, ...times } = PresenceConfig.make({})
  return [
    "# Configuration of the client",
    "Every tunable with its default, which fits Studio and the App SDK in the same room. The relay's are in [relay-options.md](relay-options.md), those of the command line in [cli-reference.md](cli-reference.md).",
    "In React it is `<PresenceProvider config={…}>`, without Effect `createPresence({ …, config })`, in Effect a layer:",
    [
      "```ts",
      'import * as Layer from "effect/Layer"',
      'import { Presence, PresenceConfig } from "effect-sanity-presence"',
      "",
      "export const live = Presence.layer.pipe(",
      '  Layer.provide(PresenceConfig.layer({ sessionTtl: "2 minutes", limits: { sessions: 500 } }))',
      ")",
      "```"
    ].join("\n"),
    "A value that makes no sense is a `PresenceError` when the layer or the provider is made.",
    "## Times",
    'A number of milliseconds, or a text such as `"30 seconds"`.',
    table([head, ...rowsOf("PresenceConfigShape", times)]).trimEnd(),
    "## Limits",
    "Below `limits`. What is beyond is left out and counted, so that nobody can fill the memory of everyone else.",
    table([head, ...rowsOf("Limits", { ...limits })]).trimEnd(),
    writtenBy
  ].join("\n\n")
}
