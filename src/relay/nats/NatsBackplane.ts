/**
 * A backplane on NATS: one connection per node, one subscription per topic.
 */
import type * as Nats from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Backplane } from "../Backplane.ts"
import { BackplaneError } from "../BackplaneError.ts"
import { type BackplaneHub, makeHub } from "../BackplaneHub.ts"
import { hostPort } from "../hostPort.ts"
import { connectTo, loadClient, type NatsClient } from "./NatsConnection.ts"
import { makeLink, type NatsLink } from "./NatsLink.ts"
import { type NatsOptions, type NatsSettings, resolveNatsOptions } from "./NatsOptions.ts"
import { parseNatsUrl } from "./NatsUrl.ts"
import { subjectOf } from "../Topic.ts"

export type { NatsOptions, NatsTlsOptions } from "./NatsOptions.ts"

/**
 * How long (ms) a subscriber waits for the server's confirmation, and the close for the last
 * words: a server that has vanished must hold up neither a client that joins nor a shutdown.
 */
const patience = 1_000

/** A node's connection, over all its lives. */
interface Node {
  readonly client: NatsClient
  readonly settings: NatsSettings
  readonly hub: BackplaneHub
  /** Where there is a connection; not yet Connected while the server confirms its subscriptions. */
  link: NatsLink | undefined
  /** Servers that the cluster named. */
  readonly discovered: Set<string>
  /** Every connection that is open, abandoned ones too. */
  readonly connections: Set<Nats.NatsConnection>
  isClosing: boolean
}

const closeConnection = (node: Node, connection: Nats.NatsConnection): Effect.Effect<void> =>
  Effect.tryPromise(() => connection.close()).pipe(
    Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.void }),
    Effect.ignore,
    Effect.andThen(Effect.sync(() => void node.connections.delete(connection)))
  )

const keep = (node: Node) => (connection: Nats.NatsConnection) => {
  node.connections.add(connection)
  if (node.isClosing) void Effect.runFork(closeConnection(node, connection))
}

/** Configured ones first; those that the cluster named are tried where all else fails. */
const serversOf = Effect.fnUntraced(function* ({ discovered, settings }: Node) {
  const configured = new Set(settings.servers.map(hostPort))
  const others = Array.from(discovered).flatMap((address) => {
    const server = configured.has(address) ? undefined : parseNatsUrl(address)
    return server !== undefined && Result.isSuccess(server) ? [server.success] : []
  })
  return [...(yield* Random.shuffle(settings.servers)), ...(yield* Random.shuffle(others))]
})

/** Tries each server once; fails with what most needs a person, else with the first failure. */
const connectAny = Effect.fnUntraced(function* (
  node: Node
): Effect.fn.Return<Nats.NatsConnection, BackplaneError> {
  const failures: Array<BackplaneError> = []
  for (const server of yield* serversOf(node)) {
    const result = yield* Effect.result(connectTo(node.client, node.settings, server, keep(node)))
    if (Result.isSuccess(result)) return result.success
    failures.push(result.failure)
  }
  const worst = failures.find(({ reason }) => reason !== "unreachable") ?? failures[0]
  return yield* worst ?? new BackplaneError({ reason: "unreachable", detail: "no server is known" })
})

/** Connects, subscribes to what this node listens to, and says Connected when that is confirmed. */
const join = Effect.fnUntraced(function* (node: Node): Effect.fn.Return<NatsLink, BackplaneError> {
  const { client, discovered, hub, settings } = node
  const connection = yield* connectAny(node)
  const addServers = (added: ReadonlyArray<string>) => {
    for (const address of added) discovered.add(address)
  }
  discovered.clear()
  addServers(connection.info?.connect_urls ?? [])
  const link = makeLink(connection, {
    client,
    hub,
    subjectPrefix: settings.subjectPrefix,
    onServers: addServers
  })
  node.link = link
  for (const subject of hub.subjects()) link.open(subject)
  const at = connection.getServer()
  if (!(yield* link.confirm(settings.connectTimeout))) {
    yield* leave(node, link)
    return yield* new BackplaneError({ reason: "unreachable", detail: `${at}: it went away` })
  }
  hub.connected()
  yield* Effect.logInfo("Joined the other nodes").pipe(
    Effect.annotateLogs({ action: "relay/backplane/connected", server: at })
  )
  return link
})

const leave = Effect.fnUntraced(function* (node: Node, link: NatsLink) {
  node.link = undefined
  yield* closeConnection(node, link.connection)
})

const lost = (node: Node, reason: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const before = node.hub.status()
    node.hub.disconnected(reason)
    // Every attempt says the same while the server is away: once is enough.
    if (before._tag === "Disconnected" && before.reason === reason) return Effect.void
    return Effect.logWarning("No connection with the other nodes; this one serves alone").pipe(
      Effect.annotateLogs({ action: "relay/backplane/disconnected", reason })
    )
  })

/** The one loop that reconnects, from the outcome of the first attempt. */
const stay = Effect.fnUntraced(function* (
  node: Node,
  first: Result.Result<NatsLink, BackplaneError>
) {
  const { maxReconnectAttempts, reconnectJitter, reconnectWait } = node.settings
  let attempt = first
  let failed = 0
  while (true) {
    if (Result.isSuccess(attempt)) {
      failed = 0
      const link = attempt.success
      const reason = yield* link.ended
      yield* lost(node, reason)
      yield* leave(node, link)
    } else {
      failed++
      yield* lost(node, attempt.failure.message)
      if (maxReconnectAttempts >= 0 && failed > maxReconnectAttempts) {
        return yield* lost(node, `gave up after ${failed} attempts; start the relay again`)
      }
    }
    const jitter = (yield* Random.next) * reconnectJitter
    yield* Effect.sleep(Math.ceil(reconnectWait + jitter))
    attempt = yield* Effect.result(join(node))
  }
})

const closeNode = (node: Node): Effect.Effect<void> =>
  Effect.gen(function* () {
    node.isClosing = true
    const { link } = node
    node.link = undefined
    // The last words of this node: others learn who left with it.
    if (link !== undefined) yield* link.confirm(patience)
    yield* Effect.forEach(node.connections, (open) => closeConnection(node, open), {
      concurrency: "unbounded",
      discard: true
    })
  })

const makeNode = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<Node, BackplaneError, Scope.Scope> {
  const settings = yield* resolveNatsOptions(options)
  const client = yield* loadClient
  const hub = yield* makeHub({
    opened: (subject) => node.link?.open(subject),
    closed: (subject) => node.link?.close(subject)
  })
  const node: Node = {
    client,
    settings,
    hub,
    link: undefined,
    discovered: new Set(),
    connections: new Set(),
    isClosing: false
  }
  yield* Effect.addFinalizer(() => closeNode(node))
  return node
})

const make = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<Backplane["Service"], BackplaneError, Scope.Scope> {
  const node = yield* makeNode(options)
  const { hub, settings } = node
  const first = yield* Effect.result(join(node))
  // A server that is not there yet will come; a mistake in the options will not go away.
  if (Result.isFailure(first) && first.failure.reason !== "unreachable") {
    return yield* Effect.fail(first.failure)
  }
  if (Result.isFailure(first)) yield* lost(node, first.failure.message)
  yield* Effect.forkScoped(stay(node, first), { startImmediately: true })

  const confirmed = Effect.suspend(() => node.link?.confirm(patience) ?? Effect.void)
  return Backplane.of({
    subscribe: (topic, receive) =>
      Effect.andThen(
        hub.listen(subjectOf(topic, settings.subjectPrefix), receive),
        Effect.asVoid(confirmed)
      ),
    publish: (topic, message) => {
      const { link } = node
      // Not left to the client, which keeps what is published while it has no connection.
      if (link === undefined || hub.status()._tag !== "Connected") return hub.drop("disconnected")
      link.publish(subjectOf(topic, settings.subjectPrefix), message)
    },
    status: hub.status,
    heardAt: () => node.link?.heardAt() ?? -Infinity,
    onStatus: hub.onStatus,
    counts: hub.counts,
    refusal: hub.refusal
  })
})

/** Joins the nodes of a relay through NATS: one connection per node, one subscription per topic. */
export const NatsBackplane = {
  /**
   * Joins the other nodes through NATS. Waits for the first attempt to connect, a few seconds at
   * most; where no server answers, the relay starts alone and joins when one does. Needs
   * `@nats-io/transport-node`.
   *
   * Fails with {@link BackplaneError} where the options are wrong or the server refuses the relay
   * at the start. What goes wrong later is in the status, in the log, and tried again.
   *
   * @example
   * Relay.layerNode({ port: 4000 }).pipe(
   *   Layer.provide(RelayAuth.layerDevelopment),
   *   Layer.provide(NatsBackplane.layer({ servers: "nats://127.0.0.1:4222" }))
   * )
   */
  layer: (options: NatsOptions): Layer.Layer<Backplane, BackplaneError> =>
    Layer.effect(Backplane, make(options))
}
