/** A page that a development server reloads piece by piece while it runs. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Vite from "vite"
import { html } from "./faultsSite.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
/** Ignored by git. */
const folder = `${root}.vitest`

/** What is no ES module, or brings something along that is none. */
const bundled = [
  "react",
  "react/jsx-dev-runtime",
  "react-dom/client",
  "@sanity/client",
  "@sanity/id-utils"
]

const files = (apiHost: string, dataset: string) => ({
  "index.html": html('<script type="module" src="/main.tsx"></script>'),
  "main.tsx": `
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { Tree } from "./Tree.tsx"

createRoot(document.getElementById("root")).render(<StrictMode><Tree /></StrictMode>)
`,
  "Tree.tsx": `
import { PresenceProvider } from "${root}src/react/index.ts"
import { Person } from "./Person.tsx"

export function Tree() {
  return (
    <PresenceProvider projectId="demo" dataset="${dataset}" apiHost="${apiHost}" token="p-ada">
      <Person />
      <p data-version="Tree 0" />
    </PresenceProvider>
  )
}
`,
  "Person.tsx": `
import { useEffect } from "react"
import { usePresence } from "${root}src/react/index.ts"

export function Person() {
  const { reportPresence, self, status } = usePresence()
  useEffect(() => reportPresence([{ documentId: "drafts.page" }]), [reportPresence])
  return <p data-session-id={self.sessionId} data-status={status._tag} data-version="Person 0" />
}
`
})

type Component = "Tree" | "Person"

/** - `edit`: saves the file of a component anew, with this version in it. */
export interface HotPage {
  readonly url: string
  readonly edit: (component: Component, version: number) => Effect.Effect<void>
}

/** Serves a page that joins this room of the relay at `apiHost`, until the scope closes. */
export const make = Effect.fnUntraced(function* (
  apiHost: string,
  dataset: string
): Effect.fn.Return<HotPage, never, Scope.Scope> {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      await mkdir(folder, { recursive: true })
      return mkdtemp(`${folder}/hot-`)
    }),
    (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
  )
  const sources = files(apiHost, dataset)
  yield* Effect.promise(() =>
    Promise.all(
      Object.entries(sources).map(([name, source]) => writeFile(`${directory}/${name}`, source))
    )
  )
  const server = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const server = await Vite.createServer({
        root: directory,
        configFile: false,
        envFile: false,
        cacheDir: `${root}node_modules/.cache/presence-faults`,
        logLevel: "error",
        clearScreen: false,
        plugins: [react()],
        // Whatever else it found later, it would bundle and reload the whole page.
        optimizeDeps: { noDiscovery: true, include: bundled },
        server: {
          host: "127.0.0.1",
          port: 0,
          fs: { allow: [root] },
          // On a busy machine it misses changes; the server is told of them instead.
          watch: null
        }
      })
      return server.listen()
    }),
    (server) => Effect.promise(() => server.close())
  )
  const address = server.httpServer?.address()
  if (typeof address !== "object" || address === null) return yield* Effect.die("no address")
  return {
    url: `http://127.0.0.1:${address.port}/`,
    edit: (component, version) =>
      Effect.promise(async () => {
        const file = `${directory}/${component}.tsx`
        const source = sources[`${component}.tsx`]
        await writeFile(file, source.replace(`${component} 0`, `${component} ${version}`))
        server.watcher.emit("change", file)
      })
  }
})
