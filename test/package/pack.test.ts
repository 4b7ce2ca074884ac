/** The package as npm would publish it, installed into an app outside the tree. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, afterAll, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Vite from "vite"
import { Relay } from "../../src/relay/index.ts"
import * as Browser from "../browser/Browser.ts"
import { bin, installArgs, packTarball, root, run, type Tarball } from "./tarball.ts"

const fixture = fileURLToPath(new URL("app", import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), "presence-package-"))
const app = join(scratch, "app")

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
  let tarball: Tarball

  beforeAll(async () => {
    tarball = await packTarball(scratch)
    console.log(`${tarball.path}: ${tarball.files.length} files, ${tarball.size} bytes`)
  })

  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  it("holds code, types and source maps of every module, and no test or demo", () => {
    for (const entry of ["index", "react/index", "testing/index", "relay/index", "cli/main"]) {
      for (const ending of [".js", ".js.map", ".d.ts", ".d.ts.map"]) {
        assert.include(tarball.files, `dist/${entry}${ending}`)
      }
    }
    assert.include(tarball.files, "LICENSE")
    assert.include(tarball.files, "README.md")
    assert.deepStrictEqual(
      tarball.files.filter((file) => /^(test|demo|bench|\.ci|node_modules)\//.test(file)),
      []
    )
  })

  it("is clean for publint and for arethetypeswrong", async () => {
    await run(join(bin, "publint"), ["--strict", tarball.path])
    await run(join(bin, "attw"), [tarball.path, "--profile", "esm-only"])
  })

  it.skipIf(Browser.missing !== undefined)(
    "installs into a fresh app, whose build joins a room",
    async () => {
      cpSync(fixture, app, { recursive: true })
      writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, type: "module" }))
      await run(
        "npm",
        [
          ...installArgs,
          tarball.path,
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
