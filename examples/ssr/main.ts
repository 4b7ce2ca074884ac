/**
 * A page that a server renders: `npm run example:ssr`, then http://localhost:5181. `PORT` chooses
 * another port.
 */
import { readFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import react from "@vitejs/plugin-react"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Vite from "vite"
import { orphaned } from "../../demo/orphaned.ts"
import { openRoom } from "../node/room.ts"
import type { Room } from "./App.tsx"

const root = fileURLToPath(new URL(".", import.meta.url))
const project = fileURLToPath(new URL("../..", import.meta.url))

/** What is no ES module, or brings something along that is none. */
const bundled = ["react", "react/jsx-dev-runtime", "react-dom/client", "@sanity/client"]

const makeVite = (server: Server) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      Vite.createServer({
        root,
        configFile: false,
        envFile: false,
        appType: "custom",
        cacheDir: `${project}node_modules/.cache/presence-ssr`,
        logLevel: "error",
        plugins: [react()],
        optimizeDeps: { noDiscovery: true, include: [...bundled, "@sanity/id-utils"] },
        server: { middlewareMode: true, hmr: { server }, fs: { allow: [project] } }
      })
    ),
    (vite) => Effect.promise(() => vite.close())
  )

/** JSON that can stand in a page: nothing in it ends the element that it is in. */
const inPage = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c")

const page = async (vite: Vite.ViteDevServer, room: Room): Promise<string> => {
  const { render } = await vite.ssrLoadModule("/server.tsx")
  const template = await vite.transformIndexHtml("/", await readFile(`${root}index.html`, "utf8"))
  return template
    .replace("<!--app-->", () => render(room))
    .replace("<!--room-->", () => inPage(room))
}

const uncached = { "cache-control": "private, no-store" }
const html5 = "text/html; charset=utf-8"
// A browser that had to guess could take a message for a page.
const plain = "text/plain; charset=utf-8"

const program = Effect.gen(function* () {
  const port = yield* Config.Port("PORT").pipe(Config.withDefault(5181))
  const { isRelay, options } = yield* openRoom
  const room: Room = {
    projectId: options.projectId ?? "demo",
    dataset: options.dataset ?? "production",
    apiHost: options.apiHost,
    // A real app gives the token of whoever is signed in; never its own, which any visitor could read.
    token: isRelay ? "p-visitor" : undefined
  }
  const server = createServer()
  const vite = yield* makeVite(server)
  server.on("request", (request, response) => {
    if (request.url !== "/") return vite.middlewares(request, response)
    page(vite, room).then(
      // It has its visitor's token in it: no cache may keep it, or give it to somebody else.
      (html) => response.writeHead(200, { ...uncached, "content-type": html5 }).end(html),
      (error) => response.writeHead(500, { ...uncached, "content-type": plain }).end(String(error))
    )
  })
  const address = yield* Effect.acquireRelease(
    Effect.callback<AddressInfo, Error>((resume) => {
      server.once("error", ({ message }) =>
        resume(Effect.fail(new Error(`${message}. PORT chooses another port.`)))
      )
      server.listen(port, "127.0.0.1", () => {
        const address = server.address()
        if (typeof address === "object" && address !== null) resume(Effect.succeed(address))
      })
    }),
    () => Effect.sync(() => server.close())
  )
  yield* Console.log(`\n  ssr: http://localhost:${address.port}/\n  Ctrl-C stops it.\n`)
  return yield* Effect.never
})

program.pipe(
  Effect.scoped,
  Effect.raceFirst(orphaned),
  Effect.tapError(({ message }) => Console.error(message)),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
