/**
 * What a backplane does on one open NATS connection: it listens to subjects, publishes, and finds
 * out when the connection ends.
 */
import type * as Nats from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import type { BackplaneHub } from "../BackplaneHub.ts"
import { describeFailure } from "../BackplaneError.ts"
import { monotonicNow } from "../Clock.ts"
import type { NatsClient } from "./NatsConnection.ts"

/**
 * Bytes that the server may owe us the confirmation of; what is beyond is dropped. The client
 * buffers without bound what the network does not take: several seconds long where the server has
 * vanished without a word. Large enough for the burst after a reconnect.
 */
const maxUnconfirmed = 16 * 1024 * 1024
/** After so many bytes the server is asked to confirm. */
const confirmEvery = 256 * 1024
/**
 * The server is asked after this time (ms), too: that it hangs must be known sooner than nodes that
 * say nothing are given up.
 */
const beatInterval = 1_000
/**
 * After a backlog everything is told again, which may be too much once more: no more often than this
 * (ms). Longer than it takes to give up a silent node, as nodes that resynchronise give all another
 * chance.
 */
const repairInterval = 10_000

const encoder = new TextEncoder()

export interface NatsLink {
  readonly connection: Nats.NatsConnection
  readonly open: (subject: string) => void
  readonly close: (subject: string) => void
  readonly publish: (subject: string, message: string) => void
  /** Waits until the server has seen all that was sent, `timeout` ms at most; whether it has. */
  readonly confirm: (timeout: number) => Effect.Effect<boolean>
  /** When the server last confirmed something, on the monotonic clock. */
  readonly heardAt: () => number
  /** Asks the server once a second whether it is there, to the end of the connection; says why. */
  readonly ended: Effect.Effect<string>
}

/** What goes out, and what the server has confirmed of it. */
const makeFlow = (connection: Nats.NatsConnection, hub: BackplaneHub) => {
  let unconfirmed = 0
  let sinceConfirm = 0
  let heardAt = monotonicNow()
  let isBehind = false
  let repairedAt = -Infinity
  const confirm = async (): Promise<void> => {
    const bytes = sinceConfirm
    sinceConfirm = 0
    await connection.flush()
    unconfirmed -= bytes
    heardAt = monotonicNow()
  }
  const publish: NatsLink["publish"] = (subject, message) => {
    const bytes = encoder.encode(message)
    // The server would end the connection over it.
    if (bytes.length > (connection.info?.max_payload ?? Infinity)) return hub.drop("too-large")
    if (unconfirmed + bytes.length > maxUnconfirmed) {
      isBehind = true
      return hub.drop("backlog")
    }
    try {
      connection.publish(subject, bytes)
    } catch {
      // It closed within this turn of the event loop; the status follows.
      return hub.drop("disconnected")
    }
    unconfirmed += bytes.length
    sinceConfirm += bytes.length
    // A flush that fails does so with the connection, and these counters with it.
    if (sinceConfirm >= confirmEvery) confirm().catch(() => {})
  }
  const repair = (): void => {
    if (!isBehind || unconfirmed > maxUnconfirmed / 2) return
    if (heardAt - repairedAt < repairInterval) return
    isBehind = false
    repairedAt = heardAt
    hub.connectedAnew()
  }
  /** Asks the server again when it has answered: one that hangs is not asked by the dozen. */
  const beat: Effect.Effect<never> = Effect.tryPromise(confirm).pipe(
    Effect.andThen(Effect.sync(repair)),
    Effect.ignore,
    Effect.andThen(Effect.sleep(beatInterval)),
    Effect.forever
  )
  return { publish, beat, heardAt: () => heardAt }
}

/** Where the link's messages go, and what the server may forbid. */
export interface LinkServices {
  readonly client: NatsClient
  readonly hub: BackplaneHub
  /** What every subject starts with. */
  readonly subjectPrefix: string
  /** The cluster named further servers. */
  readonly onServers: (added: ReadonlyArray<string>) => void
}

/** What the server says of us while the connection stands. */
const hear = ({ client, hub, subjectPrefix }: LinkServices, error: Error): void => {
  if (!(error instanceof client.errors.PermissionViolationError)) return
  const { subject } = error
  const operation = error.operation === "publish" ? "publish" : "subscribe"
  if (operation === "publish") hub.drop("refused")
  hub.forbid(
    operation,
    subject,
    `NATS does not let this node ${operation} on a subject, so it misses other nodes or they miss it: allow its user to publish and to subscribe on ${subjectPrefix}.>, and start the relay again.`
  )
}

/** Follows a connection from now on, so that no refusal is missed; resolves with why it ended. */
const follow = (connection: Nats.NatsConnection, services: LinkServices): Promise<string> =>
  new Promise((end) => {
    void connection
      .closed()
      .then((error) => end(error instanceof Error ? describeFailure(error) : "the server hung up"))
    const read = async (): Promise<void> => {
      for await (const status of connection.status()) {
        // Not left to the client, which first waits for its last bytes to be taken, and they are
        // not where the server has vanished.
        if (status.type === "staleConnection") end("the server does not answer pings")
        if (status.type === "error") hear(services, status.error)
        if (status.type === "update") services.onServers(status.added ?? [])
      }
    }
    void read()
  })

/**
 * Makes the link of an open connection.
 *
 * Callbacks, not iterators: an iterator of the client queues without bound. A reader that is too
 * slow nevertheless is the server's to end ("slow consumer"); the node then reconnects and
 * resynchronises.
 */
export const makeLink = (connection: Nats.NatsConnection, services: LinkServices): NatsLink => {
  const { hub } = services
  hub.forgetRefusals()
  const subscriptions = new Map<string, Nats.Subscription>()
  const end = follow(connection, services)
  const { beat, heardAt, publish } = makeFlow(connection, hub)
  return {
    connection,
    open: (subject) => {
      if (connection.isClosed() || subscriptions.has(subject)) return
      const callback = (error: Error | null, message: Nats.Msg) => {
        if (error === null) hub.deliver(subject, message.string())
      }
      subscriptions.set(subject, connection.subscribe(subject, { callback }))
    },
    close: (subject) => {
      subscriptions.get(subject)?.unsubscribe()
      subscriptions.delete(subject)
    },
    publish,
    confirm: (timeout) =>
      Effect.tryPromise(() => connection.flush()).pipe(
        Effect.as(true),
        Effect.catch(() => Effect.succeed(false)),
        Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.succeed(false) })
      ),
    heardAt,
    ended: Effect.raceFirst(
      Effect.promise(() => end),
      beat
    )
  }
}
