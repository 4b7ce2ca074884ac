/**
 * Chromium for tests: the system's where there is one, else the one inside an npm package, so that
 * a bare host needs nothing.
 */
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page
} from "playwright-core"

/** `CHROMIUM_PATH` names another one; `packaged` is the one inside the npm package. */
const chosen = process.env["CHROMIUM_PATH"]

const systemPaths = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
]

const system = chosen ?? systemPaths.find((path) => existsSync(path))
const isPackaged = system === undefined || system === "packaged"

/** The packaged one is a headless shell: it has no back/forward cache, whatever it is told. */
export const isShell = isPackaged

/** Why there is no browser here; undefined where there is one. In CI that is a failure. */
export const missing =
  isPackaged && !(process.platform === "linux" && process.arch === "x64")
    ? "no Chromium found: install Chrome or Chromium, or set CHROMIUM_PATH"
    : undefined
if (missing !== undefined) {
  if (process.env["CI"]) throw new Error(missing)
  console.warn(`Browser tests are skipped, ${missing}.`)
}

interface Executable {
  readonly path: string
  readonly args: ReadonlyArray<string>
  readonly env: Record<string, string>
}

/**
 * What the packaged one is told for its usual home, a function in the cloud, and a real browser is
 * not: a process for everything dies with the first page that is closed or crashes, and without web
 * security no origin is refused.
 */
const unreal: ReadonlyArray<string> = [
  "--single-process",
  "--no-zygote",
  "--disable-web-security",
  "--disable-site-isolation-trials",
  "--allow-running-insecure-content"
]

/** The packaged one brings its libraries and fonts too, for hosts that lack them. */
const unpack = async (): Promise<Executable> => {
  const { default: packaged, inflate } = await import("@sparticuz/chromium")
  const main = import.meta.resolve("@sparticuz/chromium")
  const libraries = await inflate(fileURLToPath(new URL("../bin/al2023.tar.br", main)))
  return {
    path: await packaged.executablePath(),
    args: packaged.args.filter((arg) => !unreal.includes(arg)),
    env: { LD_LIBRARY_PATH: join(libraries, "lib"), FONTCONFIG_PATH: join(tmpdir(), "fonts") }
  }
}

const executable: Effect.Effect<Executable> = isPackaged
  ? Effect.promise(unpack)
  : Effect.succeed({ path: system, args: [], env: {} })

/** What a browser does on its own account and a closed network would refuse. */
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // On a busy machine what draws is late, not stuck: it must not be ended for that, and the browser with it.
  "--disable-gpu-watchdog",
  "--disable-gpu-process-crash-limit"
]

/**
 * A browser without some of the flags that Playwright gives it, until the scope closes.
 *
 * @param except what it would switch off or on, for instance `--disable-back-forward-cache`
 */
export const launchWithout = (
  except: ReadonlyArray<string>
): Effect.Effect<Browser, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(executable, ({ args, env, path }) =>
      Effect.promise(() =>
        chromium.launch({
          executablePath: path,
          headless: true,
          args: [...args, ...quiet],
          ignoreDefaultArgs: [...except],
          env: { ...process.env, ...env }
        })
      )
    ),
    (browser) => Effect.promise(() => browser.close())
  )

/** A browser, until the scope closes. */
export const launch: Effect.Effect<Browser, never, Scope.Scope> = launchWithout([])

/** A page in a context of its own: nothing is shared with another one. */
export interface OpenPage {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors and warnings of the console, uncaught errors, and answers of 400 and above. */
  readonly problems: ReadonlyArray<string>
  readonly close: Effect.Effect<void>
}

/** Whatever could carry presence from one page to another besides the socket. */
const removeOtherChannels = () => {
  for (const name of [
    "BroadcastChannel",
    "SharedWorker",
    "localStorage",
    "sessionStorage",
    "indexedDB",
    "caches",
    "cookieStore"
  ]) {
    Reflect.deleteProperty(globalThis, name)
    Object.defineProperty(globalThis, name, { value: undefined })
  }
}

/** Opens `url` in a new context, until the scope closes. */
export const open = Effect.fnUntraced(function* (
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {}
): Effect.fn.Return<OpenPage, never, Scope.Scope> {
  const context = yield* Effect.acquireRelease(
    Effect.promise(() =>
      browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options })
    ),
    (context) => Effect.promise(() => context.close())
  )
  const problems: Array<string> = []
  const page = yield* Effect.promise(async () => {
    await context.addInitScript(removeOtherChannels)
    const page = await context.newPage()
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return
      problems.push(`${message.type()}: ${message.text()}`)
    })
    page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`))
    page.on("response", (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
    })
    await page.goto(url)
    return page
  })
  return { page, context, problems, close: Effect.promise(() => context.close()) }
})
