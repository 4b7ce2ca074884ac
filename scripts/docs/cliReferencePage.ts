/** What every command takes, from the commands themselves. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { root } from "../../src/cli/root.ts"
import { code, table, writtenBy } from "./table.ts"

/** What `--help` of a command is made of. */
export const helpOf = (
  path: ReadonlyArray<string>
): Effect.Effect<HelpDoc.HelpDoc, Error | undefined> =>
  Effect.gen(function* () {
    let help: HelpDoc.HelpDoc | undefined
    const presenter: CliOutput.Presenter = {
      present: (event) =>
        Effect.sync(() => {
          if (event._tag === "Help") help = event.helpDoc
        })
    }
    yield* Command.runWith(root, { version: "0.0.0" })([...path, "--help"]).pipe(
      Effect.ignore,
      Effect.provide(Layer.mergeAll(NodeServices.layer, CliOutput.layerPresenter(presenter)))
    )
    return help ?? (yield* Effect.fail(new Error(`No help of ${path.join(" ")}`)))
  })

/** The names of all commands. */
export const commandNames = Effect.map(helpOf([]), (help) =>
  (help.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))
)

interface Parts {
  readonly text: string
  readonly byDefault: string
  readonly env: string
}

const bracket = (name: string): RegExp => new RegExp(` \\[${name}: ([^\\]]*)\\]`)

/** A description as the flags of this command line write it: text [default: …] [env: …]. */
const partsOf = (description: string): Parts => {
  const [byDefault, env] = [bracket("default"), bracket("env")]
  return {
    text: description.replace(byDefault, "").replace(env, ""),
    byDefault: byDefault.exec(description)?.[1] ?? "",
    env: env.exec(description)?.[1] ?? ""
  }
}

const flagRow = ({ aliases, description, name, type }: HelpDoc.FlagDoc) => {
  const { byDefault, env, text } = partsOf(Option.getOrElse(description, () => ""))
  const flag = [`--${name}`, ...aliases].join(", ")
  const isSwitch = type === "boolean"
  return [code(isSwitch ? flag : `${flag} ${type}`), env === "" ? "" : code(env), byDefault, text]
}

const flagTable = (flags: ReadonlyArray<HelpDoc.FlagDoc>): string =>
  table([["flag", "variable", "default", "what it is"], ...flags.map(flagRow)])

const examplesOf = ({ examples = [] }: HelpDoc.HelpDoc): ReadonlyArray<string> =>
  examples.length === 0
    ? []
    : [
        `\`\`\`sh\n${examples
          .map(({ command, description }) => `# ${description}\n${command}\n`)
          .join("\n")}\`\`\`\n`
      ]

const section = (name: string, help: HelpDoc.HelpDoc): ReadonlyArray<string> => [
  `## ${name}\n`,
  `${help.description}.\n`,
  `${code(help.usage)}\n`,
  ...(help.args ?? []).map(
    (arg) => `${code(arg.name)}: ${Option.getOrElse(arg.description, () => "")}.\n`
  ),
  // The relay's have a page of their own, in groups.
  name === "relay"
    ? "Its flags and variables: [relay-options.md](relay-options.md).\n"
    : flagTable(help.flags),
  ...examplesOf(help)
]

export const cliReferencePage = Effect.gen(function* () {
  const names = yield* commandNames
  const helps = yield* Effect.forEach(names, (name) =>
    Effect.map(helpOf([name]), (help) => ({ help, name }))
  )
  const { globalFlags = [] } = yield* helpOf([])
  return [
    "# Every command and flag\n",
    "What `sanity-presence <command> --help` says. [cli.md](cli.md) says what the commands are for, and their exit codes.\n",
    ...helps.flatMap(({ help, name }) => section(name, help)),
    "## Every command\n",
    flagTable(globalFlags),
    writtenBy
  ].join("\n")
})
