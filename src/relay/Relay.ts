/**
 * A server that speaks Bifur's presence protocol, in one process or several: for development, tests
 * and self-hosting.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { heartbeat } from "../bifur/JsonRpc.ts"
import { makeAuthorizer } from "./Authorizer.ts"
import { Backplane } from "./Backplane.ts"
import { monotonicNow } from "./Clock.ts"
import { makeCluster } from "./Cluster.ts"
import { makeConnectionLog } from "./ConnectionLog.ts"
import { Connections } from "./Connections.ts"
import { drain } from "./Drain.ts"
import { hostPort } from "./hostPort.ts"
import type { Operations } from "./http/Operations.ts"
import { makeIntake } from "./Intake.ts"
import { close, listen, makeListener } from "./Listener.ts"
import { PendingTokens } from "./PendingTokens.ts"
import { Places } from "./Places.ts"
import { logRefusals } from "./RefusalLog.ts"
import { RelayAuth } from "./RelayAuth.ts"
import { RelayCounts } from "./RelayCounts.ts"
import type { RelayError } from "./RelayError.ts"
import { makeMetrics } from "./http/RelayMetrics.ts"
import { type RelayOptions, type RelaySettings, resolveOptions } from "./RelayOptions.ts"
import { checkOptions } from "./OptionRanges.ts"
import { makeRequests } from "./Requests.ts"
import { Rooms } from "./Rooms.ts"
import { explainNotFound, layerRoutes } from "./http/Routes.ts"
import { addressOf, countedNetwork, isAllowedOrigin, projectOf } from "./SocketRequest.ts"

/** How long a browser may remember the answer to a preflight, in seconds. */
const preflightMaxAge = 600

/**
 * Room for a list of users in a path; Node refuses a request whose head is larger than this in all,
 * in bytes.
 */
const maxPathSegment = 16 * 1024

/** Connections are looked at this many times within the silence that they are allowed. */
const checksPerSilence = 8

/**
 * A running relay.
 *
 * Closing its scope closes every socket with 1012, a few at a time: 100 a second at least, and all
 * within the options' `drainTime`.
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
    /** Where it listens; the port is the real one where a free one was asked for. */
    readonly address: { readonly host: string; readonly port: number }
    /** What clients connect to, for instance `http://127.0.0.1:4000`. */
    readonly url: string
  }
>()("effect-sanity-presence/relay/Relay") {
  /**
   * A relay that listens once the layer is built. Fails with {@link RelayError}.
   *
   * Who may connect is not the relay's to guess, so it asks for a {@link RelayAuth}; and for a
   * {@link Backplane}, through which it is one of several nodes.
   *
   * @example
   * Relay.layerNode({ port: 4000 }).pipe(
   *   Layer.provide([RelayAuth.layerDevelopment, NatsBackplane.layer({ servers: "nats://localhost" })])
   * )
   */
  static readonly layerNode = (
    options: RelayOptions = {}
  ): Layer.Layer<Relay, RelayError, RelayAuth | Backplane> =>
    Layer.effect(Relay, make(resolveOptions(options)))

  /**
   * A relay by itself, as {@link Relay.layerNode}.
   *
   * @example
   * Relay.layer({ port: 4000 }).pipe(Layer.provide(RelayAuth.layerDevelopment))
   */
  static readonly layer = (options: RelayOptions = {}): Layer.Layer<Relay, RelayError, RelayAuth> =>
    Relay.layerNode(options).pipe(Layer.provide(Backplane.layerNone))

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

const make = Effect.fnUntraced(function* (
  settings: RelaySettings
): Effect.fn.Return<Relay["Service"], RelayError, RelayAuth | Backplane | Scope.Scope> {
  yield* checkOptions(settings)
  const auth = yield* RelayAuth
  const counts = new RelayCounts()
  const listener = makeListener(settings, counts)
  yield* Effect.addFinalizer(() => close(listener))
  const backplane = yield* Backplane
  const cluster = yield* makeCluster({ backplane, settings, counts })
  const rooms = new Rooms({ settings, counts }, cluster)
  const places = new Places({ settings, rooms, counts })
  const pending = new PendingTokens()
  const authorizer = yield* makeAuthorizer({
    auth,
    settings,
    counts,
    places,
    pending,
    members: () => connections.members
  })
  const connections: Connections = new Connections({
    settings,
    places,
    cluster,
    counts,
    intake: makeIntake(makeRequests(authorizer, settings, counts), settings, counts),
    log: yield* makeConnectionLog
  })
  const { server } = listener
  server.on("upgrade", (request, socket, head) => connections.upgrade(request, socket, head))
  yield* logRefusals(counts)
  const sources = { authorizer, connections, rooms, cluster, backplane, counts }
  const readMetrics = yield* makeMetrics(sources)
  const { metricsToken } = settings
  yield* serveHttp(settings, auth, pending, { sources, readMetrics, metricsToken }, server)
  const port = yield* listen(listener, settings)
  yield* Effect.addFinalizer(() => drain(connections, rooms, settings))
  yield* keepAlive(rooms, connections, settings)
  const { host } = settings
  const url = `${settings.tls === undefined ? "http" : "https"}://${hostPort({ host: reachable(host), port })}`
  yield* Effect.logDebug(`relay listening on ${url}`)
  return Relay.of({ address: { host, port }, url })
})

const serveHttp = Effect.fnUntraced(function* (
  settings: RelaySettings,
  auth: RelayAuth["Service"],
  pending: PendingTokens,
  operations: Operations,
  server: ReturnType<typeof makeListener>["server"]
) {
  const cors = HttpMiddleware.cors({
    allowedOrigins: (origin: string | undefined) =>
      origin !== undefined && isAllowedOrigin(settings.allowedOrigins, origin),
    // Nothing here is answered for a cookie, but a proxy in front may do so: to pages that were chosen.
    credentials: settings.allowedOrigins !== undefined && !settings.allowedOrigins.includes("*"),
    maxAge: preflightMaxAge
  })
  const app = yield* HttpRouter.toHttpEffect(
    layerRoutes({
      auth,
      counts: operations.sources.counts,
      pending,
      networkOf: (request) => countedNetwork(addressOf(request, settings)),
      projectOf: (request) => projectOf(request, settings),
      operations
    })
  ).pipe(Effect.provideService(HttpRouter.RouterConfig, { maxParamLength: maxPathSegment }))
  const handler = yield* NodeHttpServer.makeHandler(explainNotFound(app), {
    scope: yield* Effect.scope,
    middleware: cors
  })
  server.on("request", handler)
})

/** One that stands for every address is reached at the local one. */
const reachable = (host: string): string => {
  if (host === "0.0.0.0") return "127.0.0.1"
  return host === "::" ? "::1" : host
}

/** Heartbeats, and the search for those who are gone or silent, until the scope closes. */
const keepAlive = (
  rooms: Rooms,
  connections: Connections,
  settings: RelaySettings
): Effect.Effect<void, never, Scope.Scope> => {
  const beat = every(settings.heartbeatInterval, () => {
    connections.heartbeat(heartbeat)
    rooms.prune(monotonicNow())
  })
  const check = every(settings.silenceTimeout / checksPerSilence, () =>
    connections.check(monotonicNow())
  )
  return Effect.asVoid(Effect.andThen(beat, check))
}

/** Repeats a task in real time, until the scope closes. */
const every = (interval: number, task: () => void) =>
  Effect.acquireRelease(
    Effect.sync(() => setInterval(task, interval)),
    (timer) => Effect.sync(() => clearInterval(timer))
  )
