/**
 * A server that speaks Bifur's presence protocol, in one process: for development, tests and
 * self-hosting.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import { heartbeat } from "../bifur/JsonRpc.ts"
import { monotonicMillis } from "../Time.ts"
import { makeConnections } from "./Connections.ts"
import { drain, layerServer, type Listener, makeListener } from "./Listener.ts"
import { RelayAuth } from "./RelayAuth.ts"
import type { RelayError } from "./RelayError.ts"
import { type RelayOptions, type RelaySettings, resolveOptions } from "./RelayOptions.ts"
import { makeRequests } from "./Requests.ts"
import { Rooms } from "./Rooms.ts"
import { explainNotFound, layerRoutes } from "./Routes.ts"

/** The close code of a server that is going away. */
const goingAway = 1001

/** How long a browser may remember the answer to a preflight, in seconds. */
const preflightMaxAge = 600

/**
 * Room for a list of users in a path; Node refuses a request whose head is larger than this in all,
 * in bytes.
 */
const maxPathSegment = 16 * 1024

/**
 * A running relay.
 *
 * - `address`: where it listens; the port is the real one where a free one was asked for.
 * - `url`: what clients connect to, for instance `http://127.0.0.1:4000`.
 *
 * Closing its scope closes every socket with 1001 and takes less than two seconds.
 *
 * @example
 * const program = Effect.gen(function* () {
 *   const { url } = yield* Relay
 *   yield* Effect.log(`listening on ${url}`)
 * }).pipe(Effect.provide(Relay.layerTest))
 */
export class Relay extends Context.Service<
  Relay,
  {
    readonly address: { readonly host: string; readonly port: number }
    readonly url: string
  }
>()("effect-sanity-presence/relay/Relay") {
  /**
   * A relay that listens once the layer is built. Fails with {@link RelayError}.
   *
   * Who may connect is not the relay's to guess, so it asks for a {@link RelayAuth}.
   *
   * @example
   * Relay.layer({ port: 4000 }).pipe(Layer.provide(RelayAuth.layerDevelopment))
   */
  static readonly layer = (options: RelayOptions = {}): Layer.Layer<Relay, RelayError, RelayAuth> =>
    layerOf(resolveOptions(options))

  /**
   * A relay on a free port of this machine that takes development tokens.
   *
   * @example
   * layer(Relay.layerTest)("my app", (it) => it.live("shows who is here", () => …))
   */
  static readonly layerTest: Layer.Layer<Relay, RelayError> = Layer.suspend(() =>
    Relay.layer({ port: 0 }).pipe(Layer.provide(RelayAuth.layerDevelopment))
  )
}

const layerOf = (settings: RelaySettings): Layer.Layer<Relay, RelayError, RelayAuth> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const auth = yield* RelayAuth
      const listener = makeListener()
      return layerRelay(settings, auth, listener).pipe(
        Layer.provide(layerServer(listener, settings))
      )
    })
  )

const layerRelay = (
  settings: RelaySettings,
  auth: RelayAuth["Service"],
  listener: Listener
): Layer.Layer<Relay, never, HttpServer.HttpServer> => {
  const rooms = new Rooms()
  const routes = layerRoutes({
    auth,
    defaultProject: settings.project,
    isClosing: () => rooms.isClosing,
    connect: makeConnections(rooms, settings, makeRequests(auth, settings))
  })
  const cors = HttpMiddleware.cors({
    allowedOrigins: (origin: string | undefined) => origin !== undefined,
    credentials: true,
    maxAge: preflightMaxAge
  })
  const http = HttpRouter.toHttpEffect(routes).pipe(
    Effect.map((app) => HttpServer.serve(explainNotFound(app), cors)),
    Effect.provideService(HttpRouter.RouterConfig, { maxParamLength: maxPathSegment }),
    Layer.unwrap
  )
  const service = Effect.gen(function* () {
    const { host } = settings
    const { address } = yield* HttpServer.HttpServer
    const port = "port" in address ? address.port : settings.port
    const url = `http://${urlHost(host)}:${port}`
    yield* Effect.addFinalizer(() => close(rooms, listener))
    yield* Effect.forkScoped(keepAlive(rooms, settings))
    yield* Effect.logDebug(`relay listening on ${url}`)
    return Relay.of({ address: { host, port }, url })
  })
  return Layer.effect(Relay, service).pipe(Layer.provide(http))
}

/** A host as a URL writes it; one that stands for every address is reached at the local one. */
const urlHost = (host: string): string => {
  if (host === "0.0.0.0") return "127.0.0.1"
  if (host === "::") return "[::1]"
  return host.includes(":") ? `[${host}]` : host
}

const keepAlive = (rooms: Rooms, settings: RelaySettings): Effect.Effect<never> =>
  Effect.gen(function* () {
    yield* Effect.sleep(settings.heartbeatInterval)
    rooms.heartbeat(heartbeat)
    rooms.prune(yield* monotonicMillis)
  }).pipe(Effect.forever)

const close = Effect.fnUntraced(function* (rooms: Rooms, listener: Listener) {
  rooms.close(goingAway, "the relay is shutting down")
  yield* drain(listener)
  yield* Effect.logDebug("relay closed")
})
