/** The package as npm would publish it, installed into an app outside the tree. */
import { execFile } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, afterAll, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Vite from "vite"
import { Relay } from "../../src/relay/index.ts"
import * as Browser from "../browser/Browser.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const bin = join(root, "node_modules/.bin")
const fixture = fileURLToPath(new URL("app", import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), "presence-package-"))
const app = join(scratch, "app")

const exec = promisify(execFile)

/** Runs a command and gives what it printed, also where it failed. */
const run = async (command: string, args: ReadonlyArray<string>, cwd = root): Promise<string> => {
  try {
    const { stderr, stdout } = await exec(command, [...args], { cwd, maxBuffer: 1e8 })
    return stdout + stderr
  } catch (error) {
    const printed =
      error instanceof Error && "stdout" in error && "stderr" in error
        ? `${String(error.stdout)}${String(error.stderr)}`
        : ""
    throw new Error(`${command} ${args.join(" ")} failed:\n${printed}`, {
      cause: error
    })
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
const Manifest = Schema.fromJsonString(
  Schema.Struct({ devDependencies: Schema.Record(Schema.String, Schema.String) })
)
const { devDependencies } = Schema.decodeUnknownSync(Manifest)(
  readFileSync(join(root, "package.json"), "utf8")
)

/** The versions that this project is developed with. */
const withVersions = (...names: ReadonlyArray<string>) =>
  names.map((name) => `${name}@${devDependencies[name]}`)

describe("the package", () => {
  let tarball = ""
  let files: ReadonlyArray<string> = []

  beforeAll(async () => {
    rmSync(join(root, "dist"), { recursive: true, force: true })
    await run(join(bin, "tsc"), ["-p", "tsconfig.build.json"])
    const printed = await run("npm", [
      "pack",
      "--json",
      "--ignore-scripts",
      "--loglevel=error",
      "--pack-destination",
      scratch
    ])
    const [packed] = Schema.decodeUnknownSync(Packed)(printed.slice(printed.indexOf("[")))
    assert.isDefined(packed)
    tarball = join(scratch, packed?.filename ?? "")
    files = packed?.files.map(({ path }) => path) ?? []
    console.log(`${packed?.filename}: ${files.length} files, ${packed?.size} bytes`)
  })

  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  it("holds code, types and source maps of every module, and no test or demo", () => {
    for (const entry of ["index", "react/index", "testing/index", "relay/index", "cli/main"]) {
      for (const ending of [".js", ".js.map", ".d.ts", ".d.ts.map"]) {
        assert.include(files, `dist/${entry}${ending}`)
      }
    }
    assert.include(files, "LICENSE")
    assert.include(files, "README.md")
    assert.deepStrictEqual(
      files.filter((file) => /^(test|demo|bench|\.ci|node_modules)\//.test(file)),
      []
    )
  })

  it("is clean for publint and for arethetypeswrong", async () => {
    await run(join(bin, "publint"), ["--strict", tarball])
    await run(join(bin, "attw"), [tarball, "--profile", "esm-only"])
  })

  it.skipIf(Browser.missing !== undefined)(
    "installs into a fresh app, whose build joins a room",
    async () => {
      cpSync(fixture, app, { recursive: true })
      writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, type: "module" }))
      await run(
        "npm",
        [
          "install",
          "--no-audit",
          "--no-fund",
          "--prefer-offline",
          "--loglevel=error",
          tarball,
          ...withVersions("effect", "@sanity/client", "react", "react-dom")
        ],
        app
      )
      await Effect.runPromise(
        Effect.gen(function* () {
          const { url: apiHost } = yield* Relay
          const server = yield* Effect.acquireRelease(
            Effect.promise(async () => {
              const inline: Vite.InlineConfig = {
                root: app,
                configFile: false,
                logLevel: "error",
                define: { API_HOST: JSON.stringify(apiHost) }
              }
              await Vite.build(inline)
              return Vite.preview({ ...inline, preview: { host: "127.0.0.1", port: 0 } })
            }),
            (server) => Effect.promise(() => server.close())
          )
          const address = server.httpServer.address()
          const port = typeof address === "object" ? address?.port : undefined
          const browser = yield* Browser.launch
          const field = `field-${Math.floor(Math.random() * 1e9)}`
          const open = (user: string) =>
            Browser.open(browser, `http://127.0.0.1:${port}/?user=${user}&field=${field}`)
          const ada = yield* open("p-ada-lovelace")
          const alan = yield* open("g-alan-turing")
          yield* Effect.promise(() => ada.page.getByText(`Alan Turing in ${field}`).waitFor())
          yield* Effect.promise(() => alan.page.getByText(`Ada Lovelace in ${field}`).waitFor())
          assert.deepStrictEqual([...ada.problems, ...alan.problems], [])
        }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
      )
    }
  )

  it("has a command that says which package it lacks", async () => {
    const main = join(app, "node_modules/effect-sanity-presence/dist/cli/main.js")
    const error = await run(process.execPath, [main, "who"], app).catch(String)
    assert.include(error, "sanity-presence: @effect/platform-node is missing. Install it:")
    assert.notInclude(error, "    at ")
  })

  it("opens its entry points and keeps its internals closed", async () => {
    const tryImport = async (name: string) =>
      run(
        process.execPath,
        [
          "--input-type=module",
          "-e",
          `console.log(Object.keys(await import("${name}")).sort().join(" "))`
        ],
        app
      )
    assert.include(await tryImport("effect-sanity-presence"), "createPresence")
    assert.include(await tryImport("effect-sanity-presence/react"), "usePresence")
    assert.include(await tryImport("effect-sanity-presence/testing"), "TestTransport")
    for (const closed of ["Tracker", "dist/Tracker.js", "bifur/Rpc", "src/index.ts", "cli"]) {
      const error = await tryImport(`effect-sanity-presence/${closed}`).catch(String)
      assert.include(error, "ERR_PACKAGE_PATH_NOT_EXPORTED")
    }
  })
})
