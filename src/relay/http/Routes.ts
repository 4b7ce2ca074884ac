/**
 * What the relay answers over HTTP, sockets included.
 */
import * as Effect from "effect/Effect"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { json, notFound, type Response, withParams } from "./HttpAnswer.ts"
import { layerUserRoutes, projectOfRequest, type UserRouteServices } from "./UserRoutes.ts"
import { layerOperations, type Operations } from "./Operations.ts"
import { organizationId } from "./Profiles.ts"
import { projectHeader } from "../SocketRequest.ts"

type Request = HttpServerRequest.HttpServerRequest

/** What the routes need of the rest of the relay. */
export interface RouteServices extends UserRouteServices {
  readonly operations: Operations
}

const upgradeRequired = HttpServerResponse.text(
  "This is a WebSocket endpoint. Connect with a WebSocket client, for example new WebSocket(url).\n",
  { status: 426, headers: { upgrade: "websocket" } }
)

/** To whoever asks without a WebSocket: the path names a dataset, and the relay knows of which project. */
const upgradeIn = (services: RouteServices) =>
  Effect.map(projectOfRequest(services), (project) =>
    HttpServerResponse.setHeader(upgradeRequired, projectHeader, encodeURIComponent(project))
  )

/** The routes, for an `HttpRouter`. */
export const layerRoutes = (services: RouteServices) =>
  Layer.mergeAll(
    HttpRouter.add("GET", "/v:version/socket/:name", upgradeIn(services)),
    HttpRouter.add("GET", "/v:version/socket/canvases/:name", upgradeRequired),
    layerUserRoutes(services),
    HttpRouter.add(
      "GET",
      "/v:version/canvases/:id",
      withParams(({ id }) => Effect.succeed(json({ id, organizationId })))
    ),
    layerOperations(services.operations)
  )

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
