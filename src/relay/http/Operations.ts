/**
 * What those who run a relay ask it: is it well, and how much does it do.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { monotonicMillis } from "../../Time.ts"
import { failure, json } from "./HttpAnswer.ts"
import { prometheusType } from "./Prometheus.ts"
import type { MetricSources } from "./RelayMetrics.ts"

/** What the routes need of the rest of the relay. */
export interface Operations {
  readonly sources: MetricSources
  /** The metrics in Prometheus' text format. */
  readonly readMetrics: () => string
  /** What `/metrics` asks for as a bearer token; undefined lets everyone read. */
  readonly metricsToken: Redacted.Redacted | undefined
}

/**
 * What `/healthz` says.
 *
 * - `ok`: all is well.
 * - `degraded`: other nodes can't be heard, or can't hear this one. The relay goes on for those who are connected to it.
 * - `draining`: it is shutting down.
 */
export interface Health {
  readonly status: "ok" | "degraded" | "draining"
  readonly connections: number
  readonly rooms: number
  readonly backplane:
    | { readonly status: "connected" }
    | {
        /** `refused`: it is connected, and may not publish or not subscribe. */
        readonly status: "disconnected" | "refused"
        /** ISO 8601. */
        readonly since: string
        readonly reason: string
      }
}

const unavailable = 503

/** `now` is the wall clock, `monotonic` the clock of the status; both in milliseconds. */
const backplaneHealth = (
  { refusal, status }: MetricSources["backplane"],
  now: number,
  monotonic: number
): Health["backplane"] => {
  const current = status()
  const trouble = current._tag === "Connected" ? refusal?.() : current
  if (trouble === undefined) return { status: "connected" }
  return {
    status: current._tag === "Connected" ? "refused" : "disconnected",
    since: new Date(now - (monotonic - trouble.since)).toISOString(),
    reason: trouble.reason
  }
}

const readHealth = ({ backplane, connections, rooms }: MetricSources): Effect.Effect<Health> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const monotonic = yield* monotonicMillis
    const others = backplaneHealth(backplane, now, monotonic)
    const wellness = others.status === "connected" ? "ok" : "degraded"
    return {
      status: connections.isDraining ? "draining" : wellness,
      connections: connections.members.size,
      rooms: rooms.size,
      backplane: others
    }
  })

const healthStatus = ({ status }: Pick<Health, "status">): number =>
  status === "draining" ? unavailable : 200

/** Compares hashes: how long it takes says nothing of the token, not even its length. */
const isSame = (token: string, expected: string): boolean => {
  const [a, b] = [token, expected].map((text) => createHash("sha256").update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

const mayRead = (authorization = "", expected: Redacted.Redacted | undefined): boolean => {
  if (expected === undefined) return true
  const token = /^bearer +(.*)$/i.exec(authorization.trim())?.[1]
  return token !== undefined && isSame(token, Redacted.value(expected))
}

const noMetrics = HttpServerResponse.setHeader(
  failure(
    401,
    "Unauthorized",
    "The metrics need a token: send the one of this relay's configuration as `Authorization: Bearer <token>`."
  ),
  "www-authenticate",
  "Bearer"
)

/** No page's to read, whatever its origin: without the header that would let it. */
const toNoPage = HttpEffect.withPreResponseHandler((_, response) =>
  Effect.succeed(HttpServerResponse.removeHeader(response, "access-control-allow-origin"))
)

/** `/healthz`, `/healthz/live`, `/healthz/ready` and `/metrics`, for an `HttpRouter`. */
export const layerOperations = ({ metricsToken, readMetrics, sources }: Operations) =>
  Layer.mergeAll(
    HttpRouter.add(
      "GET",
      "/healthz",
      toNoPage(
        Effect.map(readHealth(sources), (health) => json(health, { status: healthStatus(health) }))
      )
    ),
    HttpRouter.add("GET", "/healthz/live", toNoPage(Effect.succeed(json({ status: "ok" })))),
    HttpRouter.add(
      "GET",
      "/healthz/ready",
      toNoPage(
        Effect.sync(() => {
          const status = sources.connections.isDraining ? "draining" : "ok"
          return json({ status }, { status: healthStatus({ status }) })
        })
      )
    ),
    HttpRouter.add(
      "GET",
      "/metrics",
      toNoPage(
        Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) =>
          mayRead(headers.authorization, metricsToken)
            ? HttpServerResponse.text(readMetrics(), { contentType: prometheusType })
            : noMetrics
        )
      )
    )
  )
