/** The library as it is published, in a folder of this suite's own. */
import { execFile } from "node:child_process"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** What the package exports. */
export const entries = [".", "./react", "./testing", "./relay"] as const
export type Entry = (typeof entries)[number]

const root = new URL("../../../", import.meta.url)
const built = new URL("../../dist/library/", import.meta.url)
const others = new URL("../../dist/others/", import.meta.url)

/** Where an entry is after {@link build}. */
export const entryOf = (entry: Entry) => new URL(`${entry}/index.js`, built)

/** A module that imports what an entry does of other packages, and nothing else. */
export const othersOf = (entry: Entry) => new URL(`${entry}/all.js`, others)

/** A module that imports what an entry does of Effect, and nothing else. */
export const effectOf = (entry: Entry) => new URL(`${entry}/effect.js`, others)

const run = promisify(execFile)

/** What imports, or exports what it imports, as the compiler writes it. */
const statement = /^(?:import|export) (?:[^;"]*? from )?"([^"]+)";$/gm

/** What a module and those that it leads to import of other packages, in that order. */
const importsOf = async (module: URL, seen: Set<string>): Promise<ReadonlyArray<string>> => {
  if (seen.has(module.href)) return []
  seen.add(module.href)
  const code = await readFile(module, "utf8")
  const found: Array<string> = []
  for (const [, specifier = ""] of code.matchAll(statement)) {
    const isOwn = specifier.startsWith(".")
    found.push(...(isOwn ? await importsOf(new URL(specifier, module), seen) : [specifier]))
  }
  return found
}

const importing = (specifier: string) => `import ${JSON.stringify(specifier)}\n`

/** Builds the library, and for each entry what it is compared with. */
export const build = async (): Promise<void> => {
  await rm(new URL("../", built), { recursive: true, force: true })
  const typescript = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root))
  const options = ["--outDir", fileURLToPath(built), "--removeComments", "--declaration", "false"]
  const without = ["--declarationMap", "false", "--sourceMap", "false"]
  await run(process.execPath, [typescript, "-p", "tsconfig.build.json", ...options, ...without], {
    cwd: fileURLToPath(root)
  })
  for (const entry of entries) {
    const all = Array.from(new Set(await importsOf(entryOf(entry), new Set())))
    const effect = all.filter((specifier) => /^(@effect|effect)\//.test(specifier))
    await mkdir(new URL(entry, others), { recursive: true })
    await writeFile(othersOf(entry), all.map(importing).join(""))
    await writeFile(effectOf(entry), effect.map(importing).join(""))
  }
}
