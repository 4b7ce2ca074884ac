/**
 * What the local server answers besides the files of the page.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Schema from "effect/Schema"
import type { Connect, Plugin } from "vite"
import { configPath, DemoConfig } from "./config.ts"

const encode = Schema.encodeSync(Schema.fromJsonString(DemoConfig))

/** The address of the page. */
export const pagePath = "/presence"

/**
 * Where the page may connect: as http for requests, as ws for the socket. Sanity keeps the profiles
 * of some users on its global host.
 */
const origins = (config: DemoConfig): ReadonlyArray<string> => {
  if (config.apiHost === undefined) {
    const host = `${config.projectId}.api.sanity.io`
    return [`https://${host}`, `wss://${host}`, "https://api.sanity.io"]
  }
  const { host, protocol } = new URL(config.apiHost)
  return [`${protocol}//${host}`, `${protocol === "https:" ? "wss:" : "ws:"}//${host}`]
}

const contentSecurityPolicy = (config: DemoConfig): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Sanity's profiles have pictures on hosts of their own; the relay's have none.
    `img-src 'self'${config.service === "sanity" ? " https: data:" : ""}`,
    `connect-src 'self' ${origins(config).join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; ")

const redirect = (response: ServerResponse, location: string): void => {
  response.writeHead(302, { location }).end()
}

/** The configuration is made per request and kept nowhere: it may hold a token. */
const answerConfig = (response: ServerResponse, config: DemoConfig): void => {
  response
    .writeHead(200, {
      "content-type": "application/json",
      "cache-control": "no-store",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff"
    })
    .end(encode(config))
}

const middleware =
  (config: DemoConfig, headers: Map<string, string>) =>
  (request: IncomingMessage, response: ServerResponse, next: Connect.NextFunction): void => {
    const { pathname, search } = new URL(request.url ?? "/", "http://localhost")
    if (pathname === "/") return redirect(response, `${pagePath}${search}`)
    if (pathname === configPath) return answerConfig(response, config)
    response.setHeaders(headers)
    next()
  }

/**
 * Vite's servers run this behind their check of the host name, which keeps other sites from reading
 * the configuration under a name of theirs.
 */
export const localAnswers = (config: DemoConfig): Plugin => ({
  name: "presence-demo",
  configureServer: ({ middlewares }) => {
    // Hot reloading needs inline scripts and styles, so there is no policy here.
    middlewares.use(middleware(config, new Map()))
  },
  configurePreviewServer: ({ middlewares }) => {
    const policy = ["content-security-policy", contentSecurityPolicy(config)] as const
    middlewares.use(middleware(config, new Map([policy])))
  }
})
