/**
 * What Prometheus is told of a relay. Everything is read when it asks; nothing is kept for it.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Authorizer } from "../Authorizer.ts"
import type { Backplane } from "../Backplane.ts"
import type { Cluster } from "../Cluster.ts"
import type { Connections } from "../Connections.ts"
import { type EventLoopLag, makeEventLoopLag } from "../EventLoopLag.ts"
import { packageVersion } from "../PackageVersion.ts"
import { formatMetrics, metric, type MetricFamily } from "./Prometheus.ts"
import type { RelayCounts } from "../RelayCounts.ts"
import type { Rooms } from "../Rooms.ts"

/** What the metrics are read from. */
export interface MetricSources {
  readonly authorizer: Pick<Authorizer, "overdue">
  readonly connections: Pick<Connections, "members" | "isDraining">
  readonly rooms: Pick<Rooms, "size" | "values">
  readonly cluster: Pick<Cluster, "others">
  readonly backplane: Pick<Backplane["Service"], "status" | "counts" | "refusal">
  readonly counts: RelayCounts
}

/** What the name of every metric starts with. */
const prefix = "sanity_presence_relay_"

const gauge = (name: string, help: string, value: number): MetricFamily =>
  metric("gauge", `${prefix}${name}`, help, value)

const counter = (name: string, help: string, value: number): MetricFamily =>
  metric("counter", `${prefix}${name}`, help, value)

const people = ({ connections, counts, rooms }: MetricSources): ReadonlyArray<MetricFamily> => {
  let sessions = 0
  for (const { room } of rooms.values()) sessions += room.table.size
  return [
    gauge("connections", "Open connections.", connections.members.size),
    counter("connections_opened_total", "Connections that were opened.", counts.opened),
    gauge("rooms", "Rooms that someone is in.", rooms.size),
    gauge("sessions", "Sessions in these rooms, those of other nodes included.", sessions)
  ]
}

const traffic = ({ authorizer, counts }: MetricSources): ReadonlyArray<MetricFamily> => [
  counter("frames_received_total", "Frames that clients sent.", counts.received),
  counter(
    "events_published_total",
    "Events that were published, each once, however many received them.",
    counts.events
  ),
  counter("deliveries_total", "Events handed to the socket of a receiver.", counts.deliveries),
  counter("writes_total", "Writes to sockets that carried them.", counts.writes),
  {
    name: `${prefix}conflated_total`,
    type: "counter",
    help: "Events that a later one of their session replaced: for all before they were published (batch), or for one slow reader.",
    samples: [
      { labels: { stage: "batch" }, value: counts.conflated },
      { labels: { stage: "slow-reader" }, value: counts.conflatedForSlow }
    ]
  },
  {
    name: `${prefix}refusals_total`,
    type: "counter",
    help: "Connections, sessions and requests that were turned away, by reason.",
    samples: Array.from(counts.refusals, ([reason, value]) => ({ labels: { reason }, value }))
  },
  {
    name: `${prefix}token_checks_undecided_total`,
    type: "counter",
    help: "Tokens of which it could not be found out whether they are good, by reason.",
    samples: Array.from(counts.undecided, ([reason, value]) => ({ labels: { reason }, value }))
  },
  gauge(
    "token_checks_overdue",
    "Connections whose token was found good longer ago than that may be relied on.",
    authorizer.overdue()
  ),
  {
    name: `${prefix}pauses_total`,
    type: "counter",
    help: "Times that a connection was not read for a while, as more came in a second than the relay takes: requests of one connection, or bytes of a user or of an address without a token.",
    samples: [
      { labels: { reason: "requests" }, value: counts.pausesForRequests },
      { labels: { reason: "bytes" }, value: counts.pauses }
    ]
  },
  counter(
    "roll_calls_answered_total",
    "Roll calls that were answered from the table.",
    counts.rollCalls
  )
]

const queues = ({ connections }: MetricSources): ReadonlyArray<MetricFamily> => {
  let bytes = 0
  let events = 0
  let stalled = 0
  for (const { connection } of connections.members) {
    const { queued } = connection
    bytes += queued.bytes
    events += queued.events
    if (connection.stalledAt !== undefined) stalled++
  }
  return [
    gauge("queued_bytes", "Bytes that wait in the relay for readers.", bytes),
    gauge("queued_events", "Events that wait in the relay for slow readers.", events),
    gauge("stalled_connections", "Connections whose buffer is full.", stalled)
  ]
}

const nodes = ({
  backplane,
  cluster,
  connections,
  counts
}: MetricSources): ReadonlyArray<MetricFamily> => [
  gauge(
    "backplane_connected",
    "Whether other nodes can be heard: 1 or 0. 1 where there are none.",
    backplane.status()._tag === "Connected" ? 1 : 0
  ),
  gauge(
    "backplane_refused",
    "Whether NATS forbids this node to publish or to subscribe: 1 or 0.",
    backplane.refusal?.() === undefined ? 0 : 1
  ),
  {
    name: `${prefix}backplane_dropped_messages_total`,
    type: "counter",
    help: "Messages to other nodes that were dropped, by reason.",
    samples: Array.from(backplane.counts().dropped, ([reason, value]) => ({
      labels: { reason },
      value
    }))
  },
  counter(
    "backplane_receiver_errors_total",
    "Messages of other nodes on which this one failed: a bug.",
    backplane.counts().receiverErrors
  ),
  counter(
    "backplane_unreadable_messages_total",
    "Messages of other nodes that could not be read.",
    counts.unreadable
  ),
  gauge("other_nodes", "Other nodes that are heard of.", cluster.others),
  gauge("draining", "Whether the relay is shutting down: 1 or 0.", connections.isDraining ? 1 : 0)
]

const machine = ({ max, p50, p99 }: EventLoopLag): ReadonlyArray<MetricFamily> => {
  const { external, heapUsed, rss } = process.memoryUsage()
  const { system, user } = process.cpuUsage()
  return [
    gauge("event_loop_lag_p50_seconds", "Median delay of timers since the last scrape.", p50),
    gauge("event_loop_lag_p99_seconds", "99th percentile of the same.", p99),
    gauge("event_loop_lag_max_seconds", "Longest of the same.", max),
    gauge("resident_memory_bytes", "Memory of the process.", rss),
    gauge("heap_used_bytes", "JavaScript's part of it.", heapUsed),
    gauge("external_memory_bytes", "The part of buffers.", external),
    {
      name: `${prefix}cpu_seconds_total`,
      type: "counter",
      help: "CPU time of the process.",
      samples: [
        { labels: { mode: "user" }, value: user / 1e6 },
        { labels: { mode: "system" }, value: system / 1e6 }
      ]
    },
    gauge(
      "start_time_seconds",
      "When the process started, in seconds since 1970.",
      performance.timeOrigin / 1e3
    ),
    {
      name: `${prefix}build_info`,
      type: "gauge",
      help: "The version, as a label of the value 1.",
      samples: [{ labels: { version: packageVersion, node: process.versions.node }, value: 1 }]
    }
  ]
}

/**
 * The metrics of a relay, read anew on each call, in Prometheus' text format. The
 * time that it takes grows with the rooms and the connections.
 *
 * @example
 * const read = yield* makeMetrics({ connections, rooms, cluster, backplane, counts })
 * read() // "# HELP sanity_presence_relay_connections Open connections.\n…"
 */
export const makeMetrics = (
  sources: MetricSources
): Effect.Effect<() => string, never, Scope.Scope> =>
  Effect.map(
    makeEventLoopLag,
    (readLag) => () =>
      formatMetrics([
        ...people(sources),
        ...traffic(sources),
        ...queues(sources),
        ...nodes(sources),
        ...machine(readLag())
      ])
  )
