/**
 * The page, and the local server that hands it out.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Vite from "vite"
import type { DemoConfig } from "./config.ts"
import { DemoError } from "./DemoError.ts"
import { localAnswers, pagePath } from "./localAnswers.ts"

/** What to serve, and where. `dev` compiles on request and reloads what changed. */
export interface PageOptions {
  readonly config: DemoConfig
  readonly port: number
  readonly dev: boolean
}

/** Where the page is. */
export class Page extends Context.Service<Page, { readonly url: string }>()("demo/Page") {
  /** Serves the page until the scope closes. Fails with a {@link DemoError}. */
  static layer(options: PageOptions): Layer.Layer<Page, DemoError> {
    return Layer.effect(Page, serve(options))
  }
}

/** Only this machine: the configuration of the page may hold a token. */
const host = "127.0.0.1"

const root = fileURLToPath(new URL("page", import.meta.url))
const cache = fileURLToPath(new URL("../node_modules/.cache/presence-demo", import.meta.url))

const serve = Effect.fnUntraced(function* ({ config, dev, port }: PageOptions) {
  yield* checkPort(port)
  const inline: Vite.InlineConfig = {
    root,
    configFile: false,
    envFile: false,
    cacheDir: `${cache}/vite`,
    logLevel: "error",
    clearScreen: false,
    plugins: [react(), localAnswers(config)]
  }
  const listen = { host, port, strictPort: true, cors: false }
  const { httpServer } = dev ? yield* develop(inline, listen) : yield* preview(inline, listen)
  const address = httpServer?.address()
  const actualPort = typeof address === "object" ? (address?.port ?? port) : port
  return Page.of({ url: `http://localhost:${actualPort}${pagePath}` })
})

const develop = (inline: Vite.InlineConfig, server: Vite.ServerOptions) =>
  Effect.acquireRelease(
    attempt("served", () =>
      leavingSignals(async () => (await Vite.createServer({ ...inline, server })).listen())
    ),
    (server) => Effect.promise(() => server.close())
  )

const preview = Effect.fnUntraced(function* (
  inline: Vite.InlineConfig,
  listen: Vite.PreviewOptions
) {
  const outDir = yield* temporaryDirectory
  const built: Vite.InlineConfig = { ...inline, build: { outDir, emptyOutDir: true } }
  yield* attempt("built", () => Vite.build(built))
  return yield* Effect.acquireRelease(
    attempt("served", () => leavingSignals(() => Vite.preview({ ...built, preview: listen }))),
    (server) => Effect.promise(() => server.close())
  )
})

/** One per run: two demos may run at the same time. */
const temporaryDirectory = Effect.acquireRelease(
  Effect.suspend(() =>
    attempt("built", async () => {
      await mkdir(cache, { recursive: true })
      return mkdtemp(`${cache}/page-`)
    })
  ),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
)

const attempt = <A>(what: string, promise: () => Promise<A>): Effect.Effect<A, DemoError> =>
  Effect.tryPromise({
    try: promise,
    catch: (cause) =>
      new DemoError({
        message: `The page can't be ${what}: ${cause instanceof Error ? cause.message : String(cause)}`
      })
  })

/**
 * Vite's servers end the process on SIGTERM themselves, before anybody has said goodbye; that is
 * for the scope to do.
 */
const leavingSignals = async <A>(start: () => Promise<A>): Promise<A> => {
  const before = new Set(process.listeners("SIGTERM"))
  const started = await start()
  for (const listener of process.listeners("SIGTERM")) {
    if (!before.has(listener)) process.off("SIGTERM", listener)
  }
  return started
}

/**
 * Fails where the port is in use, before anything is built. Both addresses of `localhost` count:
 * a browser may try either first, and would find whoever listens there.
 */
const checkPort = (port: number): Effect.Effect<void, DemoError> =>
  Effect.forEach([host, "::1"], (address) =>
    Effect.filterOrFail(
      isFree(address, port),
      (free) => free,
      () => new DemoError({ message: `Port ${port} is in use. Set PORT to another one.` })
    )
  ).pipe(Effect.asVoid)

const isFree = (address: string, port: number): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const probe = createServer()
    // Another reason, such as no IPv6, is none to stop for.
    probe.once("error", (error) =>
      resume(Effect.succeed(!("code" in error && error.code === "EADDRINUSE")))
    )
    probe.listen(port, address, () => probe.close(() => resume(Effect.succeed(true))))
  })
