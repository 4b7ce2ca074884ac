/**
 * Answers over HTTP, as Sanity's API writes them.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

export type Response = HttpServerResponse.HttpServerResponse

export const json = HttpServerResponse.jsonUnsafe

/** An error as Sanity's API writes it. */
export const failure = (status: number, error: string, message: string): Response =>
  json({ statusCode: status, error, message }, { status })

export const notFound = (message: string): Response => failure(404, "Not Found", message)

/** A handler that needs one or two parameters of the path. */
export const withParams = <E, R>(
  handler: (params: {
    readonly [name: string]: string | undefined
  }) => Effect.Effect<Response, E, R>
) => Effect.flatMap(HttpRouter.params, handler)
