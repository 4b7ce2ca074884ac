/** A stand-in of Sanity's API on a port of its own, as far as authentication asks it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** What is answered to a token on a path: a body, a status, or nothing at all. */
export type Answer = { readonly status?: number; readonly body?: unknown } | "silence" | "hang up"

export interface Asked {
  readonly path: string
  readonly project: string | undefined
  readonly token: string
}

export interface SanityApi {
  readonly url: string
  /** Every request so far. */
  readonly asked: Array<Asked>
  /** Answers from now on. */
  readonly answer: (respond: (asked: Asked) => Answer) => void
  /** Ends when so many requests have arrived. */
  readonly arrived: (count: number) => Effect.Effect<void>
}

export const notAMember: Answer = {
  status: 401,
  body: { error: { type: "projectUserNotFoundError", description: "project user not found" } }
}

const sessionNotFound: Answer = {
  status: 401,
  body: { statusCode: 401, error: "Unauthorized", message: "Session not found" }
}

const askedOf = (request: IncomingMessage): Asked => {
  const project = request.headers["x-sanity-project-id"]
  return {
    path: new URL(request.url ?? "/", "http://localhost").pathname,
    project: typeof project === "string" ? project : undefined,
    token: (request.headers.authorization ?? "").replace("Bearer ", "")
  }
}

const send = (response: ServerResponse, answer: Answer): void => {
  if (answer === "silence") return
  if (answer === "hang up") {
    response.destroy()
    return
  }
  response.writeHead(answer.status ?? 200, { "content-type": "application/json" })
  response.end(JSON.stringify(answer.body ?? {}))
}

/** The server, until the scope closes. It accepts nobody until it is told to. */
export const sanityApi = Effect.gen(function* () {
  const asked: Array<Asked> = []
  const waiting: Array<readonly [number, Deferred.Deferred<void>]> = []
  let respond: (asked: Asked) => Answer = () => sessionNotFound
  const server = createServer((request, response) => {
    const one = askedOf(request)
    asked.push(one)
    for (const [count, done] of waiting) {
      if (asked.length >= count) Deferred.doneUnsafe(done, Effect.void)
    }
    send(response, respond(one))
  })
  yield* Effect.callback<void>((resume) => {
    server.listen(0, "127.0.0.1", () => resume(Effect.void))
  })
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const api: SanityApi = {
    url: `http://127.0.0.1:${port}`,
    asked,
    answer: (next) => {
      respond = next
    },
    arrived: (count) =>
      Effect.gen(function* () {
        const done = yield* Deferred.make<void>()
        waiting.push([count, done])
        if (asked.length >= count) return
        yield* Deferred.await(done)
      })
  }
  return api
})
