/** Fresh apps, as users have them: the package from its tarball, built and run on every Node it is for. */
import { spawn } from "node:child_process"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import { Relay } from "../../src/relay/index.ts"
import * as Browser from "../browser/Browser.ts"
import { freePort } from "../browser/Demo.ts"
import { watch } from "../support/childProcess.ts"
import { installArgs, packTarball, run } from "../package/tarball.ts"
import { join as joinRoom } from "../relay/RelayClient.ts"

const scratch = mkdtempSync(join(tmpdir(), "presence-consumers-"))
const apps = fileURLToPath(new URL("apps", import.meta.url))

/** Packages that hold nothing but a Node, so that no script has to run. */
const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`
const nodes = [
  { version: "22.23.3", folder: "node-22" },
  { version: "24.21.0", folder: "node-24" }
]

/** An environment in which `node`, for npm and its scripts, too, is the one in this folder. */
const withNode = (folder: string): Record<string, string> => {
  const path = join(scratch, folder, "node_modules", `node-${platform}`, "bin")
  return {
    PATH: [path, process.env["PATH"]].join(delimiter),
    NEXT_TELEMETRY_DISABLED: "1",
    // In CI some print colours into the middle of an address.
    NO_COLOR: "1"
  }
}

const start = (cwd: string, args: ReadonlyArray<string>, env: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn("npm", ["run", "start", "--", ...args], {
        cwd,
        // A group of its own, since npm passes no signal on to what it runs.
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, ...env }
      })
      const signal = (name: NodeJS.Signals) => child.pid && process.kill(-child.pid, name)
      return { signal, ...watch(child) }
    }),
    ({ ended, signal }) =>
      Effect.sync(() => signal("SIGKILL")).pipe(Effect.ignoreCause, Effect.andThen(ended))
  )

/** Ada focuses the title in one page; Alan, in another, is shown it. */
const meetInPages = (site: string) =>
  Effect.gen(function* () {
    const browser = yield* Browser.launch
    const open = (user: string) => Browser.open(browser, `${site}?user=${user}`)
    const [ada, alan] = [yield* open("p-ada-lovelace"), yield* open("g-alan-turing")]
    const title = (page: Page) => page.getByRole("textbox", { name: "Title" })
    yield* Effect.promise(() => title(ada.page).focus())
    yield* Effect.promise(() => alan.page.getByText("Ada Lovelace").waitFor())
    yield* Effect.promise(() => title(alan.page).focus())
    yield* Effect.promise(() => ada.page.getByText("Alan Turing").waitFor())
    assert.deepStrictEqual([...ada.problems, ...alan.problems], [])
  })

const inTitle = {
  type: "document",
  documentId: "drafts.book",
  path: ["title"],
  lastActiveAt: "2026-01-01T00:00:00Z"
}

/** Until somebody of this id is in the title, as a bare client is told. */
const untilInTitle = (room: Effect.Success<ReturnType<typeof joinRoom>>, userId: string) =>
  Effect.gen(function* () {
    for (;;) {
      const event = yield* room.next
      const isInTitle = JSON.stringify(event).includes('"path":["title"]')
      if (event.type === "state" && event.i === userId && isInTitle) return
    }
  })

interface App {
  readonly name: string
  /** The folder of its code, where several share it. */
  readonly code?: string
  /** The variable in which a build or a program finds its relay. */
  readonly variable: string
  readonly isBuilt: boolean
  /** A page for browsers, or a program that prints who is there. */
  readonly kind: "page" | "program"
}

const all: ReadonlyArray<App> = [
  { name: "vite-react-19", code: "vite", variable: "VITE_API_HOST", isBuilt: true, kind: "page" },
  { name: "vite-react-18", code: "vite", variable: "VITE_API_HOST", isBuilt: true, kind: "page" },
  { name: "next", variable: "NEXT_PUBLIC_API_HOST", isBuilt: true, kind: "page" },
  { name: "node-esm", variable: "API_HOST", isBuilt: false, kind: "program" },
  { name: "effect-backend", variable: "API_HOST", isBuilt: true, kind: "program" }
]

describe("fresh apps", () => {
  beforeAll(async () => {
    const { path } = await packTarball(scratch)
    for (const { folder, version } of nodes) {
      const node = `node-${platform}@${version}`
      await run("npm", [...installArgs, "--prefix", join(scratch, folder), node], scratch)
    }
    for (const { name, code = name } of all) {
      const app = join(scratch, name)
      for (const folder of [code, name]) cpSync(join(apps, folder), app, { recursive: true })
      await run("npm", [...installArgs, path], app)
    }
  }, 600_000)

  afterAll(() => rmSync(scratch, { recursive: true, force: true }))

  for (const { folder, version } of nodes) {
    describe(`on Node ${version}`, () => {
      for (const { isBuilt, kind, name, variable } of all) {
        it.live.skipIf(kind === "page" && Browser.missing !== undefined)(
          `${name} builds, runs, and meets others in a room`,
          () =>
            Effect.gen(function* () {
              const { url } = yield* Relay
              const app = join(scratch, name)
              const env = { ...withNode(folder), [variable]: url }
              const used = yield* Effect.promise(() => run("node", ["--version"], app, env))
              assert.strictEqual(used.trim(), `v${version}`)
              if (isBuilt) yield* Effect.promise(() => run("npm", ["run", "build"], app, env))
              if (kind === "page") {
                const server = yield* start(app, ["--port", String(yield* freePort)], env)
                yield* meetInPages(yield* server.printed(/http:\/\/127\.0\.0\.1:\d+/))
                return
              }
              const token = "p-grace-hopper"
              const ada = yield* joinRoom(url, "p-ada-lovelace")
              const program = yield* start(app, [], { ...env, SANITY_AUTH_TOKEN: token })
              yield* untilInTitle(ada, token)
              yield* ada.announce("s", [inTitle])
              yield* program.printed(/(Ada Lovelace|p-ada-lovelace) in the title/)
              program.signal("SIGTERM")
              yield* program.printed(/left/)
            }).pipe(Effect.scoped, Effect.provide(Relay.layerTest)),
          300_000
        )
      }
    })
  }
})
