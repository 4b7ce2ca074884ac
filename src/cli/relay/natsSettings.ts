/**
 * What `sanity-presence relay` can be told of NATS.
 */
import * as Result from "effect/Result"
import { secret } from "../Secret.ts"
import { choice, count, envOf, file, seconds, setting, text } from "../Setting.ts"

const hour = 3_600

const natsName = "nats"

/** The servers; a URL with credentials only in the environment. */
export const nats = setting(
  {
    name: natsName,
    values: "url,…",
    default: "none: one node alone",
    description: "The NATS servers through which several nodes are one relay"
  },
  (value) => {
    const servers = value.split(",").map((server) => server.trim())
    return servers.includes("")
      ? Result.fail("Expected nats://host:4222, several with commas between them")
      : Result.succeed(servers)
  },
  {
    forbidden: (value) =>
      value.includes("@")
        ? `Expected a URL without credentials, which every user of this machine can read here; set ${envOf(natsName)} instead`
        : undefined
  }
)

export const natsTexts = {
  natsUser: text({ name: "nats-user", default: "none", description: "The user for NATS" }),
  natsCredentialsFile: file({
    name: "nats-credentials-file",
    default: "none",
    description: "The .creds file for NATS"
  }),
  natsTlsCa: file({
    name: "nats-tls-ca",
    default: "the system's",
    description: "The certificate authority of the NATS servers, PEM; insists on TLS"
  }),
  natsTlsCert: file({
    name: "nats-tls-cert",
    default: "none",
    description: "The relay's own certificate for NATS, PEM; insists on TLS"
  }),
  natsTlsKey: file({
    name: "nats-tls-key",
    default: "none",
    description: "The key of that certificate, PEM"
  }),
  natsName: text({
    name: "nats-name",
    default: "sanity-presence-relay",
    description: "What NATS calls this node in its monitoring"
  }),
  natsSubjectPrefix: text({
    name: "nats-subject-prefix",
    default: "bifur.presence",
    description: "What every subject starts with: the same for all nodes"
  })
}

export const natsTlsFirst = choice(
  {
    name: "nats-tls-first",
    default: "no",
    description: "Whether TLS comes before the first word of NATS"
  },
  ["yes", "no"]
)

export const natsTimes = {
  natsReconnectWait: seconds({
    name: "nats-reconnect-wait",
    default: 1,
    min: 0.01,
    max: hour,
    description: "The wait before a further attempt to connect to NATS"
  }),
  natsReconnectJitter: seconds({
    name: "nats-reconnect-jitter",
    default: 1,
    min: 0,
    max: hour,
    description: "A random time up to this is added"
  }),
  natsConnectTimeout: seconds({
    name: "nats-connect-timeout",
    default: 5,
    min: 0.01,
    max: hour,
    description: "How long each step of an attempt may take: greeting, connecting, confirming"
  }),
  natsPingInterval: seconds({
    name: "nats-ping-interval",
    default: 3,
    min: 0.01,
    max: hour,
    description: "How often NATS must show that it is there; two in a row unanswered are a loss"
  })
}

export const natsCounts = {
  natsMaxReconnectAttempts: count({
    name: "nats-max-reconnect-attempts",
    default: -1,
    min: -1,
    max: 1_000_000,
    description:
      "How often it tries again after a failed attempt before it stays alone; -1 is for ever"
  })
}

/** At most one kind of credentials: user and password, token, credentials file, or nkey. */
export const natsSecrets = {
  natsPassword: secret({ name: "nats-password", description: "The password of the user" }),
  natsToken: secret({ name: "nats-token", description: "The token for NATS" }),
  natsNkey: secret({ name: "nats-nkey", description: "The seed of an nkey for NATS, SU…" })
}
