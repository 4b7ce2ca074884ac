/**
 * How a relay reaches NATS, and every default in one place.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { BackplaneError } from "../BackplaneError.ts"
import { type NatsServer, parseNatsUrl } from "./NatsUrl.ts"
import { defaultSubjectPrefix, isSubjectPrefix } from "../Topic.ts"

/** TLS towards NATS. Files are read on each connection: renewed ones are picked up. */
export interface NatsTlsOptions {
  /** File with the certificate authority of the server, PEM. The system's unless told. */
  readonly ca?: string | undefined
  /** File with the relay's own certificate, PEM, where the server asks for one. Needs `key`. */
  readonly cert?: string | undefined
  /** File with the key of `cert`, PEM. */
  readonly key?: string | undefined
  /**
   * Whether TLS comes before the first word of NATS, which the server must be configured for
   * (`handshake_first`, nats-server 2.10 and later). False by default.
   */
  readonly handshakeFirst?: boolean | undefined
}

/**
 * The settings of a {@link NatsBackplane}. At most one kind of credentials: in the URL, user and
 * password, token, credentials file, or nkey.
 *
 * @example
 * const options: NatsOptions = { servers: "nats://127.0.0.1:4222" }
 */
export interface NatsOptions {
  /**
   * URLs, or `host:port`, of one server or of several of a cluster: `nats://`, or `tls://` to
   * insist on TLS. The cluster names its others by itself.
   */
  readonly servers: string | ReadonlyArray<string>
  /** The user of this node, with or without a `password`. */
  readonly user?: string | undefined
  /** The password of `user`, which it needs. */
  readonly password?: Redacted.Redacted | undefined
  /** The token of servers that are configured with one. */
  readonly token?: Redacted.Redacted | undefined
  /** Path of a `.creds` file (JWT and seed). Read on each connection. */
  readonly credentialsFile?: string | undefined
  /** Seed of an nkey, `SU…`. */
  readonly nkey?: Redacted.Redacted | undefined
  /** TLS is insisted on where this is given, `{}` too. Else it is used where the server offers it. */
  readonly tls?: NatsTlsOptions | undefined
  /** What the server calls this node in its monitoring. `sanity-presence-relay` by default. */
  readonly name?: string | undefined
  /** The wait before a further attempt to connect. 1 s by default. */
  readonly reconnectWait?: Duration.Input | undefined
  /** A random time up to this is added, so that nodes don't come back as a herd. 1 s by default. */
  readonly reconnectJitter?: Duration.Input | undefined
  /**
   * How often the relay tries again after a failed attempt (one is once at every server), until it
   * stays alone for good. -1, the default: for ever.
   */
  readonly maxReconnectAttempts?: number | undefined
  /** How long each step of an attempt may take: greeting, connecting, confirming. 5 s by default. */
  readonly connectTimeout?: Duration.Input | undefined
  /**
   * How often the server must show that it is there. After two unanswered ones in a row the
   * connection counts as lost: after two to three times this. 3 s by default.
   */
  readonly pingInterval?: Duration.Input | undefined
  /** What every subject starts with. `bifur.presence` by default. */
  readonly subjectPrefix?: string | undefined
}

export type NatsCredentials =
  | { readonly _tag: "None" }
  | { readonly _tag: "User"; readonly user: string; readonly password: Redacted.Redacted }
  | { readonly _tag: "Token"; readonly token: Redacted.Redacted }
  | { readonly _tag: "File"; readonly path: string }
  | { readonly _tag: "Nkey"; readonly seed: Redacted.Redacted }

/** {@link NatsOptions}, checked, with every default filled in. Times are milliseconds. */
export interface NatsSettings {
  readonly servers: ReadonlyArray<Pick<NatsServer, "host" | "port">>
  readonly credentials: NatsCredentials
  readonly tls: NatsTlsOptions | undefined
  readonly name: string
  readonly reconnectWait: number
  readonly reconnectJitter: number
  readonly maxReconnectAttempts: number
  readonly connectTimeout: number
  readonly pingInterval: number
  readonly subjectPrefix: string
}

const wrong = (detail: string) => new BackplaneError({ reason: "option", detail })

const parseServers = (
  servers: NatsOptions["servers"]
): Result.Result<ReadonlyArray<NatsServer>, BackplaneError> => {
  const parsed: Array<NatsServer> = []
  for (const [index, input] of (typeof servers === "string" ? [servers] : servers).entries()) {
    const server = parseNatsUrl(input)
    if (Result.isFailure(server)) {
      return Result.fail(
        wrong(
          `NATS server ${index + 1} ${server.failure}. Write it as nats://host:4222, tls://host:4222 or host:4222.`
        )
      )
    }
    parsed.push(server.success)
  }
  return parsed.length === 0
    ? Result.fail(wrong("No NATS server is given. Name one, for example nats://127.0.0.1:4222."))
    : Result.succeed(parsed)
}

/** What a URL says of who comes: a user and a password, or a token. */
interface UrlCredentials {
  readonly user: string
  readonly password: string | undefined
}

const inUrl = ({ password, user }: NatsServer): ReadonlyArray<UrlCredentials> =>
  user === undefined ? [] : [{ user, password }]

const ofUrl = ({ password, user }: UrlCredentials): NatsCredentials =>
  password === undefined
    ? { _tag: "Token", token: Redacted.make(user) }
    : { _tag: "User", user, password: Redacted.make(password) }

const findCredentials = (
  options: NatsOptions,
  servers: ReadonlyArray<NatsServer>
): Result.Result<NatsCredentials, BackplaneError> => {
  const found: Array<NatsCredentials> = []
  const { credentialsFile, nkey, password = Redacted.make(""), token, user } = options
  const inUrls = servers.flatMap(inUrl)
  const [first] = inUrls
  if (first !== undefined) found.push(ofUrl(first))
  if (user !== undefined) found.push({ _tag: "User", user, password })
  if (token !== undefined) found.push({ _tag: "Token", token })
  if (credentialsFile !== undefined) found.push({ _tag: "File", path: credentialsFile })
  if (nkey !== undefined) found.push({ _tag: "Nkey", seed: nkey })
  if (options.password !== undefined && user === undefined) {
    return Result.fail(wrong("There is a password for NATS, but no user (--nats-user). Give both."))
  }
  if (inUrls.some((url) => url.user !== first?.user || url.password !== first?.password)) {
    return Result.fail(
      wrong(
        "The URLs of the NATS servers hold different credentials. Servers of one cluster share them: give one pair."
      )
    )
  }
  if (found.length > 1) {
    return Result.fail(
      wrong(
        "There are several kinds of credentials for NATS. Give one: in the URL, user and password, token, credentials file, or nkey."
      )
    )
  }
  return Result.succeed(found[0] ?? { _tag: "None" })
}

const millisOf = (
  name: string,
  input: Duration.Input,
  min: number
): Result.Result<number, BackplaneError> => {
  const millis = Duration.toMillis(Duration.fromInputUnsafe(input))
  return millis >= min && millis <= 3_600_000
    ? Result.succeed(Math.round(millis))
    : Result.fail(wrong(`${name} for NATS must be from ${min} ms to 1 hour.`))
}

/** Fills in the defaults, or says what is wrong. */
export const resolveNatsOptions = (
  options: NatsOptions
): Effect.Effect<NatsSettings, BackplaneError> =>
  Effect.fromResult(
    Result.gen(function* () {
      const { maxReconnectAttempts = -1, subjectPrefix = defaultSubjectPrefix, tls } = options
      const servers = yield* parseServers(options.servers)
      const credentials = yield* findCredentials(options, servers)
      if (!isSubjectPrefix(subjectPrefix)) {
        return yield* Result.fail(
          wrong(
            "The subject prefix for NATS (--nats-subject-prefix) must be letters, digits, dashes and underscores, with dots between them."
          )
        )
      }
      if (!Number.isInteger(maxReconnectAttempts) || maxReconnectAttempts < -1) {
        return yield* Result.fail(
          wrong("maxReconnectAttempts for NATS must be a whole number, or -1 for no end.")
        )
      }
      if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
        return yield* Result.fail(
          wrong(
            "TLS for NATS needs the certificate and its key: give both, cert and key (--nats-tls-cert and --nats-tls-key), or neither."
          )
        )
      }
      return {
        servers: servers.map(({ host, port }) => ({ host, port })),
        credentials,
        tls: tls ?? (servers.some(({ isTls }) => isTls) ? {} : undefined),
        name: options.name ?? "sanity-presence-relay",
        reconnectWait: yield* millisOf("reconnectWait", options.reconnectWait ?? "1 second", 1),
        reconnectJitter: yield* millisOf(
          "reconnectJitter",
          options.reconnectJitter ?? "1 second",
          0
        ),
        maxReconnectAttempts,
        connectTimeout: yield* millisOf("connectTimeout", options.connectTimeout ?? "5 seconds", 1),
        pingInterval: yield* millisOf("pingInterval", options.pingInterval ?? "3 seconds", 1),
        subjectPrefix
      }
    })
  )
