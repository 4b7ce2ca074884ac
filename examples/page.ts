/** Builds the page of an example and hands it out. */
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Vite from "vite"

/** Every example is a directory of this name. */
export const names = ["sdk-react", "studio-host"] as const
export type Name = (typeof names)[number]

/** Only this machine. */
const host = "127.0.0.1"

const cache = fileURLToPath(new URL("../node_modules/.cache/presence-examples", import.meta.url))

const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(async () => {
    await mkdir(cache, { recursive: true })
    return mkdtemp(`${cache}/page-`)
  }),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
)

/**
 * Serves the page of an example until the scope closes; gives its address. Port 0 takes a free one.
 *
 * @param apiHost where the page finds the relay
 */
export const serve = Effect.fnUntraced(function* (
  name: Name,
  apiHost: string,
  port = 0
): Effect.fn.Return<string, never, Scope.Scope> {
  const outDir = yield* temporaryDirectory
  const inline: Vite.InlineConfig = {
    root: fileURLToPath(new URL(name, import.meta.url)),
    configFile: false,
    envFile: false,
    logLevel: "error",
    plugins: [react()],
    define: { API_HOST: JSON.stringify(apiHost) },
    build: { outDir, emptyOutDir: true, chunkSizeWarningLimit: 2_000 },
    preview: { host, port, strictPort: port !== 0 }
  }
  const server = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      await Vite.build(inline)
      return Vite.preview(inline)
    }),
    (server) => Effect.promise(() => server.close())
  )
  const address = server.httpServer.address()
  const actual = typeof address === "object" ? (address?.port ?? port) : port
  return `http://localhost:${actual}/`
})
