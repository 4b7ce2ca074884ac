/** The package as npm would publish it. */
import { execFile } from "node:child_process"
import { cpSync, symlinkSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as Schema from "effect/Schema"

export const root = fileURLToPath(new URL("../..", import.meta.url))
export const bin = join(root, "node_modules/.bin")

const exec = promisify(execFile)

/** Runs a command and gives what it printed, also where it failed. */
export const run = async (
  command: string,
  args: ReadonlyArray<string>,
  cwd = root,
  variables: Readonly<Record<string, string>> = {}
): Promise<string> => {
  try {
    const env = { ...process.env, ...variables }
    const { stderr, stdout } = await exec(command, [...args], { cwd, env, maxBuffer: 1e8 })
    return stdout + stderr
  } catch (error) {
    const printed =
      error instanceof Error && "stdout" in error && "stderr" in error
        ? `${String(error.stdout)}${String(error.stderr)}`
        : ""
    throw new Error(`${command} ${args.join(" ")} failed:\n${printed}`, { cause: error })
  }
}

const Packed = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      filename: Schema.String,
      size: Schema.Finite,
      files: Schema.Array(Schema.Struct({ path: Schema.String }))
    })
  )
)

export interface Tarball {
  readonly path: string
  readonly size: number
  readonly files: ReadonlyArray<string>
}

/** What is not the project's, or is made of it. */
const foreign = new Set([".git", "node_modules", "dist", "coverage", ".vitest", ".docs-check"])

/** Builds and packs a copy, so that several tests may at a time. */
export const packTarball = async (scratch: string): Promise<Tarball> => {
  const copy = join(scratch, "package")
  cpSync(root, copy, { recursive: true, filter: (path) => !foreign.has(basename(path)) })
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"))
  await run(join(bin, "tsc"), ["-p", "tsconfig.build.json"], copy)
  const args = ["--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", scratch]
  const printed = await run("npm", ["pack", ...args], copy)
  const [packed] = Schema.decodeUnknownSync(Packed)(printed.slice(printed.indexOf("[")))
  if (packed === undefined) throw new Error(`npm pack printed: ${printed}`)
  const { filename, files, size } = packed
  return { path: join(scratch, filename), size, files: files.map(({ path }) => path) }
}

/**
 * What npm is told when it installs: nothing that wants the network beyond the packages, and to ask a
 * registry again that does not answer.
 */
export const installArgs = [
  "install",
  "--no-audit",
  "--no-fund",
  "--prefer-offline",
  "--fetch-timeout=30000",
  "--fetch-retries=5",
  "--loglevel=error"
]
