/** A page that is one module, bundled as an app in production would be. */
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { rolldown } from "rolldown"
import { listen } from "../support/listen.ts"

/** @param alias modules that take the place of others */
const bundle = (module: URL, alias: Record<string, string>) =>
  Effect.promise(async () => {
    const build = await rolldown({
      input: fileURLToPath(module),
      platform: "browser",
      transform: { define: { "process.env.NODE_ENV": '"production"' } },
      resolve: { alias },
      onLog: () => {}
    })
    const { output } = await build.generate({ format: "esm", entryFileNames: "page.js" })
    await build.close()
    return new Map(
      output.flatMap((file) => (file.type === "chunk" ? [[`/${file.fileName}`, file.code]] : []))
    )
  })

const htmlOf = (root: string) => `<!doctype html>
<title>Presence</title>
<link rel="icon" href="data:,">
<div id="root">${root}</div>
<script type="module" src="/page.js"></script>`

/** What a server may add. */
export interface Served {
  /** What it has rendered into the element with the id `root`. */
  readonly root?: string
  readonly headers?: Record<string, string>
}

/**
 * Serves the page until the scope closes, and gives its URL. It has an element with the id `root`.
 *
 * @example
 * const url = yield* BundledPage.serve(new URL("page.tsx", import.meta.url))
 */
export const serve = Effect.fnUntraced(function* (
  module: URL,
  alias: Record<string, string> = {},
  { headers = {}, root = "" }: Served = {}
): Effect.fn.Return<string, never, Scope.Scope> {
  const scripts = yield* bundle(module, alias)
  const html = htmlOf(root)
  const server = createServer(({ url = "/" }, response) => {
    const script = scripts.get(url)
    const type = script === undefined ? "text/html" : "text/javascript"
    response
      .writeHead(200, { ...headers, "content-type": `${type}; charset=utf-8` })
      .end(script ?? html)
  })
  const { port } = yield* listen(server)
  return `http://localhost:${port}`
})
