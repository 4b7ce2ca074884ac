/**
 * What can be set on a relay, and every default in one place.
 */
import * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"

/**
 * The settings of a relay; all may be left out.
 *
 * @example
 * const options: RelayOptions = { port: 4000, rollCall: "forward" }
 */
export interface RelayOptions {
  /**
   * The address to listen on. `127.0.0.1` by default: only this machine. `0.0.0.0` lets the
   * network in, which with development tokens means anyone as anyone.
   */
  readonly host?: string | undefined
  /** The port to listen on, 0 to 65535; 0 takes a free one. 4000 by default. */
  readonly port?: number | undefined
  /** A certificate and its key, to serve `https` and `wss` without a proxy. None by default. */
  readonly tls?: RelayTls | undefined
  /**
   * The project of requests whose host names none, `demo` by default. The first label of a host
   * with a dot in it names one: `abc123.localhost` is project `abc123`. So is `presence` in
   * `presence.example.com`: serve a relay of several projects under `<projectId>.<domain>`.
   */
  readonly project?: string | undefined
  /**
   * Whether a host name may name the project, true by default. With `false` every request is of
   * `project`, whatever the relay is called.
   */
  readonly projectFromHost?: boolean | undefined
  /**
   * Who answers a roll call. `table`, the default: the relay, to the caller only, which spares a
   * room of N sessions N answers to everyone. `forward`: every session, as with the hosted
   * service; for tests of clients.
   */
  readonly rollCall?: "table" | "forward" | undefined
  /**
   * The origins of pages that may connect, for instance `https://studio.example.com`; `*` in a name
   * stands for any part without a dot, by itself for every origin. All by default. A client without
   * an origin is no page, and is let in.
   */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
  /**
   * How many proxies in front of the relay are to be believed: that many entries at the end of
   * `X-Forwarded-For` and `X-Forwarded-Host`. 0 by default: none of these headers.
   */
  readonly trustedProxies?: number | undefined
  /**
   * How often a heartbeat goes to every connection. 20 s by default: clients announce every 30 s,
   * so the longest silence that a client sees stays well under the 45 s at which it doubts a
   * connection.
   */
  readonly heartbeatInterval?: Duration.Input | undefined
  /**
   * How long a socket may take to say what it wants: the head of its first request. 10 s by
   * default; it is cut off after that.
   */
  readonly handshakeTimeout?: Duration.Input | undefined
  /**
   * How long a connection may stay open without an accepted authorization; it is closed with 4001
   * then. 10 s by default, which is what clients wait for the answer.
   */
  readonly authorizationTimeout?: Duration.Input | undefined
  /**
   * How long a connection may be silent, pings unanswered, before it counts as dead: 2 s to 30 s,
   * 15 s by default. A network that changes hands takes a few seconds.
   */
  readonly silenceTimeout?: Duration.Input | undefined
  /**
   * How long the sessions of a connection that ended without a goodbye stay, so that who comes right
   * back has never left. 1 s by default: a client's first attempt comes within 100 ms.
   */
  readonly returnGrace?: Duration.Input | undefined
  /**
   * The same where clients are told to come back later: of a relay that shuts down, or that closed
   * a connection with 1013; and what a node that was cut off has to tell the others who is still
   * there. 20 s by default: clients come back after 1.75 to 7 s, and once more where there is no
   * place yet. A node that dies is given up by the others after 5 s of silence, and `returnGrace`
   * counts from then.
   */
  readonly nodeReturnGrace?: Duration.Input | undefined
  /**
   * The least time between two batches of events in a room. 10 ms by default: the first event after
   * a quiet moment goes out at once, and a write for each receiver costs more than what is in it.
   * 0 publishes each event by itself.
   */
  readonly batchInterval?: Duration.Input | undefined
  /**
   * The least time between two events of a session, for each 4 KiB of an event; of those that come
   * faster, the last one counts. 50 ms by default: clients announce 5 times a second at most.
   */
  readonly announceInterval?: Duration.Input | undefined
  /**
   * The least time between two roll calls of a connection that are answered, or forwarded; what it
   * asks until then counts once, after it. 1 s by default: clients call the roll when they connect.
   */
  readonly rollCallInterval?: Duration.Input | undefined
  /** How long a full buffer may stand still before its connection is closed with 1013. 10 s by default. */
  readonly slowReaderTimeout?: Duration.Input | undefined
  /**
   * The time over which connections are closed when the relay shuts down, so that clients do not
   * come back as a herd; less where there are fewer than 100 a second to close. 10 s by default.
   */
  readonly drainTime?: Duration.Input | undefined
  /**
   * The largest frame that is read, in bytes; a larger one closes its connection with 1009. So much
   * the locations of an announce may take as they are published, too. 256 KiB by default: about a
   * thousand locations. With NATS it must stay below the server's `max_payload`, 1 MiB by default.
   */
  readonly maxFrameSize?: number | undefined
  /**
   * Requests of a connection that are read in a second, 500 by default; each 4 KiB of one counts as one
   * more. Of a user, on all connections together, as many bytes are read as of two that send large ones.
   * The rest waits in the network until the next second: nothing is refused for it. Clients send 5 a
   * second at most for each session.
   */
  readonly maxRequestsPerSecond?: number | undefined
  /** Sessions that a connection may announce, 20 by default: clients have one, a tool a few. */
  readonly maxSessionsPerConnection?: number | undefined
  /** Sessions that a user may have in a room, 100 by default: as many tabs. */
  readonly maxSessionsPerUser?: number | undefined
  /**
   * What the sessions of a user may take in all rooms of this node, in bytes as they are published, with
   * about half a KiB for each. 16 MiB by default: many times what a hundred tabs take. An announce
   * beyond it is refused; one that takes no more than the one before never is.
   */
  readonly maxBytesPerUser?: number | undefined
  /**
   * Connections of a user in all rooms of this node, 200 by default: as many tabs, and a tool with a
   * connection for each dataset.
   */
  readonly maxConnectionsPerUser?: number | undefined
  /** Connections in a room on this node, 1,000 by default: what each says goes to all. */
  readonly maxConnectionsPerRoom?: number | undefined
  /**
   * Connections from an address, 1,000 by default: an office behind one. Of IPv6, a network of 64
   * bits counts as one. Those from the relay's own machine are not counted: a proxy that is not
   * trusted would be all of them.
   */
  readonly maxConnectionsPerAddress?: number | undefined
  /** Connections in all on this node, 10,000 by default. */
  readonly maxConnections?: number | undefined
  /** Rooms in all on this node, 1,000 by default. */
  readonly maxRooms?: number | undefined
  /** The bearer token that `/metrics` asks for. None by default: whoever reaches it may read it. */
  readonly metricsToken?: Redacted.Redacted | undefined
}

/**
 * A certificate and its key, as text: not the paths of their files.
 *
 * @example
 * const tls: RelayTls = { cert: readFileSync("chain.pem", "utf8"), key: readFileSync("key.pem", "utf8") }
 */
export interface RelayTls {
  /** The certificate, PEM, followed by those of its chain. */
  readonly cert: string
  /** The private key of the first certificate, PEM. */
  readonly key: string
}

/** {@link RelayOptions} with every default filled in; times in milliseconds. */
export interface RelaySettings {
  readonly host: string
  readonly port: number
  readonly tls: RelayTls | undefined
  readonly project: string
  readonly projectFromHost: boolean
  readonly rollCall: "table" | "forward"
  readonly allowedOrigins: ReadonlyArray<string> | undefined
  readonly trustedProxies: number
  readonly heartbeatInterval: number
  readonly handshakeTimeout: number
  readonly authorizationTimeout: number
  readonly silenceTimeout: number
  readonly returnGrace: number
  readonly nodeReturnGrace: number
  readonly batchInterval: number
  readonly announceInterval: number
  readonly rollCallInterval: number
  readonly slowReaderTimeout: number
  readonly drainTime: number
  readonly maxFrameSize: number
  readonly maxRequestsPerSecond: number
  readonly maxSessionsPerConnection: number
  readonly maxSessionsPerUser: number
  readonly maxBytesPerUser: number
  readonly maxConnectionsPerUser: number
  readonly maxConnectionsPerRoom: number
  readonly maxConnectionsPerAddress: number
  readonly maxConnections: number
  readonly maxRooms: number
  readonly metricsToken: Redacted.Redacted | undefined
}

const millis = (duration: Duration.Input): number =>
  Duration.toMillis(Duration.fromInputUnsafe(duration))

/** Fills in the defaults. */
export const resolveOptions = (options: RelayOptions): RelaySettings => ({
  host: options.host ?? "127.0.0.1",
  port: options.port ?? 4000,
  tls: options.tls,
  project: options.project ?? "demo",
  projectFromHost: options.projectFromHost ?? true,
  rollCall: options.rollCall ?? "table",
  allowedOrigins: options.allowedOrigins,
  trustedProxies: options.trustedProxies ?? 0,
  heartbeatInterval: millis(options.heartbeatInterval ?? "20 seconds"),
  handshakeTimeout: millis(options.handshakeTimeout ?? "10 seconds"),
  authorizationTimeout: millis(options.authorizationTimeout ?? "10 seconds"),
  silenceTimeout: millis(options.silenceTimeout ?? "15 seconds"),
  returnGrace: millis(options.returnGrace ?? "1 second"),
  nodeReturnGrace: millis(options.nodeReturnGrace ?? "20 seconds"),
  batchInterval: millis(options.batchInterval ?? "10 millis"),
  announceInterval: millis(options.announceInterval ?? "50 millis"),
  rollCallInterval: millis(options.rollCallInterval ?? "1 second"),
  slowReaderTimeout: millis(options.slowReaderTimeout ?? "10 seconds"),
  drainTime: millis(options.drainTime ?? "10 seconds"),
  maxFrameSize: options.maxFrameSize ?? 256 * 1024,
  maxRequestsPerSecond: options.maxRequestsPerSecond ?? 500,
  maxSessionsPerConnection: options.maxSessionsPerConnection ?? 20,
  maxSessionsPerUser: options.maxSessionsPerUser ?? 100,
  maxBytesPerUser: options.maxBytesPerUser ?? 16 * 1024 * 1024,
  maxConnectionsPerUser: options.maxConnectionsPerUser ?? 200,
  maxConnectionsPerRoom: options.maxConnectionsPerRoom ?? 1_000,
  maxConnectionsPerAddress: options.maxConnectionsPerAddress ?? 1_000,
  maxConnections: options.maxConnections ?? 10_000,
  maxRooms: options.maxRooms ?? 1_000,
  metricsToken: options.metricsToken
})
