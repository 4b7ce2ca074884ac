/**
 * Everything that `sanity-presence relay` can be told: the flags, the variables and the table in the
 * documentation are made from this.
 */
import { resolveOptions } from "../../relay/RelayOptions.ts"
import { mayMatchOrigin } from "../../relay/SocketRequest.ts"
import { secret } from "../Secret.ts"
import { choice, count, file, list, seconds, text } from "../Setting.ts"

const defaults = resolveOptions({})

/** Of the relay's options in milliseconds, the default in seconds. */
const inSeconds = (name: TimeOption): number => defaults[name] / 1_000

type TimeOption =
  | "heartbeatInterval"
  | "handshakeTimeout"
  | "authorizationTimeout"
  | "silenceTimeout"
  | "returnGrace"
  | "nodeReturnGrace"
  | "batchInterval"
  | "announceInterval"
  | "rollCallInterval"
  | "slowReaderTimeout"
  | "drainTime"

const many = 10_000_000
const hour = 3_600
const day = 86_400

/** Where it listens, and for whom. */
export const listening = {
  host: text({
    name: "host",
    default: defaults.host,
    description: "The address to listen on; 0.0.0.0 lets the network in"
  }),
  project: text({
    name: "project",
    default: defaults.project,
    description:
      "The project of clients whose host name does not name one; where --sanity-projects names a single one, that"
  })
}

/** The port, and proxies. */
export const networkCounts = {
  port: count({
    name: "port",
    default: defaults.port,
    min: 0,
    max: 65_535,
    description: "The port to listen on; 0 takes a free one"
  }),
  trustedProxies: count({
    name: "trusted-proxies",
    default: defaults.trustedProxies,
    min: 0,
    max: 100,
    description: "Proxies in front of the relay whose X-Forwarded-* headers are believed"
  })
}

export const allowedOrigins = list(
  {
    name: "allowed-origins",
    default: "all",
    description:
      "Origins of pages that may connect, for example https://studio.example.com,http://localhost:3333; in one, * stands for any part without a dot"
  },
  (origin) =>
    mayMatchOrigin(origin)
      ? undefined
      : `Expected origins as browsers send them, https://example.com: with a scheme, without a slash or a path behind, and without the scheme's own port; no page has the origin ${origin}`
)

export const projectFromHost = choice(
  {
    name: "project-from-host",
    default: "yes",
    description:
      "Whether the first label of a host name with a dot in it names the project; with no, all is of --project"
  },
  ["yes", "no"]
)

export const rollCall = choice(
  {
    name: "roll-call",
    default: defaults.rollCall,
    description: "Who answers a roll call: the relay, or every session as hosted"
  },
  ["table", "forward"]
)

/** Files with TLS's certificate and key. */
export const tlsFiles = {
  tlsCert: file({
    name: "tls-cert",
    default: "none: http and ws",
    description: "The certificate chain, PEM, to serve https and wss without a proxy"
  }),
  tlsKey: file({ name: "tls-key", default: "none", description: "The key of the certificate, PEM" })
}

/** The bounds. */
export const limits = {
  maxFrameSize: count(
    {
      name: "max-frame-size",
      default: defaults.maxFrameSize,
      min: 1_024,
      max: 16 * 1024 * 1024,
      description: "The largest frame that is read; a larger one closes its connection with 1009"
    },
    "bytes"
  ),
  maxRequestsPerSecond: count({
    name: "max-requests-per-second",
    default: defaults.maxRequestsPerSecond,
    min: 1,
    max: many,
    description:
      "Requests of a connection that are read in a second, each 4 KiB counted as one more; the rest waits"
  }),
  maxSessionsPerConnection: count({
    name: "max-sessions-per-connection",
    default: defaults.maxSessionsPerConnection,
    min: 1,
    max: many,
    description: "Sessions that a connection may announce"
  }),
  maxSessionsPerUser: count({
    name: "max-sessions-per-user",
    default: defaults.maxSessionsPerUser,
    min: 1,
    max: many,
    description: "Sessions that a user may have in a room"
  }),
  maxBytesPerUser: count(
    {
      name: "max-bytes-per-user",
      default: defaults.maxBytesPerUser,
      min: 1_024,
      max: 1024 * 1024 * 1024,
      description: "What the sessions of a user may take in all rooms of this node"
    },
    "bytes"
  ),
  maxConnectionsPerUser: count({
    name: "max-connections-per-user",
    default: defaults.maxConnectionsPerUser,
    min: 1,
    max: many,
    description: "Connections of a user in all rooms of this node"
  }),
  maxConnectionsPerRoom: count({
    name: "max-connections-per-room",
    default: defaults.maxConnectionsPerRoom,
    min: 1,
    max: many,
    description: "Connections in a room on this node"
  }),
  maxConnectionsPerAddress: count({
    name: "max-connections-per-address",
    default: defaults.maxConnectionsPerAddress,
    min: 1,
    max: many,
    description: "Connections from an address; the relay's own machine is not counted"
  }),
  maxConnections: count({
    name: "max-connections",
    default: defaults.maxConnections,
    min: 1,
    max: many,
    description: "Connections in all on this node"
  }),
  maxRooms: count({
    name: "max-rooms",
    default: defaults.maxRooms,
    min: 1,
    max: many,
    description: "Rooms in all on this node"
  })
}

/** The times. */
export const times = {
  heartbeatInterval: seconds({
    name: "heartbeat-interval",
    default: inSeconds("heartbeatInterval"),
    min: 0.05,
    max: day,
    description: "How often a heartbeat goes to every connection"
  }),
  silenceTimeout: seconds({
    name: "silence-timeout",
    default: inSeconds("silenceTimeout"),
    min: 2,
    max: 30,
    description: "How long a connection may be silent, pings unanswered, before it counts as dead"
  }),
  handshakeTimeout: seconds({
    name: "handshake-timeout",
    default: inSeconds("handshakeTimeout"),
    min: 1,
    max: 300,
    description: "How long a socket may take to say what it wants"
  }),
  authorizationTimeout: seconds({
    name: "authorization-timeout",
    default: inSeconds("authorizationTimeout"),
    min: 1,
    max: 300,
    description: "How long a connection may stay open without an accepted token"
  }),
  returnGrace: seconds({
    name: "return-grace",
    default: inSeconds("returnGrace"),
    min: 0,
    max: 60,
    description:
      "How long the sessions of a lost connection stay, so that who comes back never left"
  }),
  nodeReturnGrace: seconds({
    name: "node-return-grace",
    default: inSeconds("nodeReturnGrace"),
    min: 0,
    max: 300,
    description: "The same where clients are told to come back later, as by a relay that shuts down"
  }),
  batchInterval: seconds({
    name: "batch-interval",
    default: inSeconds("batchInterval"),
    min: 0,
    max: 10,
    description: "The least time between two batches of events in a room"
  }),
  announceInterval: seconds({
    name: "announce-interval",
    default: inSeconds("announceInterval"),
    min: 0,
    max: 10,
    description: "The least time between two events of a session, for each 4 KiB of an event"
  }),
  rollCallInterval: seconds({
    name: "roll-call-interval",
    default: inSeconds("rollCallInterval"),
    min: 0,
    max: 60,
    description: "The least time between two roll calls of a connection that count"
  }),
  slowReaderTimeout: seconds({
    name: "slow-reader-timeout",
    default: inSeconds("slowReaderTimeout"),
    min: 1,
    max: 300,
    description: "How long a full buffer may stand still before its connection is closed with 1013"
  }),
  drainTime: seconds({
    name: "drain-time",
    default: inSeconds("drainTime"),
    min: 0,
    max: hour,
    description: "The time over which connections are closed when the relay shuts down"
  })
}

export const metricsToken = secret({
  name: "metrics-token",
  description: "The bearer token that /metrics asks for"
})

export const logFormat = choice(
  {
    name: "log-format",
    default: "pretty on a terminal, json otherwise",
    description: "How log lines are written"
  },
  ["pretty", "json", "logfmt"]
)

/** Of these the flag is one of every command. */
export const logLevel = {
  name: "log-level",
  values: "trace|debug|info|warn|error|none",
  default: "info",
  description: "What is logged: this and what is worse"
}
