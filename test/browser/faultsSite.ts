/** The site of the fault tests: one bundled page, and another one to go away to. */
import { createServer, type ServerResponse } from "node:http"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { rolldown } from "rolldown"
import { listen } from "../support/listen.ts"
import { record } from "./faultsRecord.ts"

const entry = fileURLToPath(new URL("faultsPage.tsx", import.meta.url))

/** The scripts of the page, by their path: the client of Sanity loads some of its own later. */
const bundlePage = Effect.promise(async () => {
  const build = await rolldown({
    input: entry,
    platform: "browser",
    // StrictMode mounts twice in development only.
    transform: { define: { "process.env.NODE_ENV": '"development"' } },
    onLog: () => {}
  })
  const { output } = await build.generate({ format: "esm", entryFileNames: "page.js" })
  await build.close()
  return new Map(
    output.flatMap((file) => (file.type === "chunk" ? [[`/${file.fileName}`, file.code]] : []))
  )
})

/** The recorder comes before everything else. */
export const html = (script: string) => `<!doctype html>
<html lang="en">
<title>Faults</title>
<link rel="icon" href="data:,">
<script>(${record.toString()})()</script>
<div id="root"></div>
${script}
</html>`

const answer = (response: ServerResponse, type: string, body: string) =>
  response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(body)

/** What a page is told in its address. */
export interface Query {
  readonly apiHost: string
  readonly dataset?: string
  readonly token?: string
  readonly hiddenTimeout?: number
}

/** - `pageFor`: the address of the page; `elsewhere`: that of one without presence. */
export interface Site {
  readonly origin: string
  readonly pageFor: (query: Query) => string
  readonly elsewhere: string
}

/** Serves the site until the scope closes. */
export const make: Effect.Effect<Site, never, Scope.Scope> = Effect.gen(function* () {
  const scripts = yield* bundlePage
  const server = createServer(({ url = "/" }, response) => {
    const script = scripts.get(url)
    if (script !== undefined) return answer(response, "text/javascript", script)
    if (url.startsWith("/elsewhere")) return answer(response, "text/html", html("Elsewhere"))
    answer(response, "text/html", html('<script type="module" src="/page.js"></script>'))
  })
  const { port } = yield* listen(server)
  const origin = `http://localhost:${port}`
  return {
    origin,
    elsewhere: `${origin}/elsewhere`,
    pageFor: (query) => {
      const given = Object.entries(query).map(([name, value]) => [name, String(value)])
      return `${origin}/?${new URLSearchParams(given)}`
    }
  }
})
