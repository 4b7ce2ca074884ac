/**
 * What the relay answers over HTTP, sockets included.
 */
import * as Effect from "effect/Effect"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import {
  currentUser,
  flatProfile,
  nestedProfile,
  organizationId,
  type ResourceType
} from "./Profiles.ts"
import { bearerToken, isDevelopmentUserId, type RelayAuth } from "./RelayAuth.ts"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

/** What the routes need of the rest of the relay. */
export interface RouteServices {
  readonly auth: RelayAuth["Service"]
  /** The project of a request whose host names none. */
  readonly defaultProject: string
}

const json = HttpServerResponse.jsonUnsafe

/** An error as Sanity's API writes it. */
const failure = (status: number, error: string, message: string): Response =>
  json({ statusCode: status, error, message }, { status })

const notFound = (message: string): Response => failure(404, "Not Found", message)

const noSuchUser = (id: string): Response => notFound(`There is no user ${id}.`)

const upgradeRequired = HttpServerResponse.text(
  "This is a WebSocket endpoint. Connect with a WebSocket client, for example new WebSocket(url).\n",
  { status: 426, headers: { upgrade: "websocket" } }
)

/** One user as an object, several (separated by commas) as an array; unknown ones are left out. */
const users = (ids: string): Response => {
  const known = ids.split(",").filter(isDevelopmentUserId)
  if (ids.includes(",")) return json(known.map((id) => flatProfile(id)))
  const [id] = known
  return id === undefined ? noSuchUser(ids) : json(flatProfile(id))
}

const member = (resourceType: ResourceType, resourceId: string, id: string): Response =>
  isDevelopmentUserId(id) ? json(nestedProfile(id, resourceType, resourceId)) : noSuchUser(id)

/** A handler that needs one or two parameters of the path. */
const withParams = <E, R>(
  handler: (params: {
    readonly [name: string]: string | undefined
  }) => Effect.Effect<Response, E, R>
) => Effect.flatMap(HttpRouter.params, handler)

/** The routes, for an `HttpRouter`. */
export const layerRoutes = (services: RouteServices) => {
  const me = Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const token = yield* bearerToken(request.headers.authorization)
    return json(
      currentUser(
        yield* services.auth.authenticate(token, {
          _tag: "Dataset",
          project: services.defaultProject,
          dataset: ""
        })
      )
    )
  }).pipe(
    Effect.catchTag("TokenRefused", ({ message }) =>
      Effect.succeed(failure(401, "Unauthorized", message))
    )
  )

  return Layer.mergeAll(
    HttpRouter.add("GET", "/v:version/socket/:name", upgradeRequired),
    HttpRouter.add("GET", "/v:version/socket/canvases/:name", upgradeRequired),
    HttpRouter.add("GET", "/v:version/users/me", me),
    HttpRouter.add(
      "GET",
      "/v:version/users/:ids",
      withParams(({ ids = "" }) => Effect.succeed(users(ids)))
    ),
    ...(["project", "organization"] as const).map((type) =>
      HttpRouter.add(
        "GET",
        `/v:version/access/${type}/:resource/users/:id`,
        withParams(({ id = "", resource = "" }) => Effect.succeed(member(type, resource, id)))
      )
    ),
    HttpRouter.add(
      "GET",
      "/v:version/canvases/:id",
      withParams(({ id }) => Effect.succeed(json({ id, organizationId })))
    ),
    HttpRouter.add("GET", "/healthz", json({ status: "ok" }))
  )
}

const pathOf = (request: Request): string => request.url.split("?", 1)[0] ?? ""

/** Says in JSON that there is nothing at a path; without it the answer would be empty. */
export const explainNotFound = <E, R>(
  app: Effect.Effect<Response, E | HttpServerError.HttpServerError, R>
): Effect.Effect<Response, E | HttpServerError.HttpServerError, R> =>
  Effect.catchIf(app, isRouteNotFound, ({ reason: { request } }) =>
    Effect.succeed(notFound(`The relay has nothing at ${request.method} ${pathOf(request)}.`))
  )

const isRouteNotFound = (error: unknown): error is HttpServerError.HttpServerError =>
  HttpServerError.isHttpServerError(error) && error.reason._tag === "RouteNotFound"
