/**
 * One connection to one NATS server, from the options to the client's own object.
 */
import { readFile } from "node:fs/promises"
import { isIP } from "node:net"
import type { ConnectionOptions as TlsConnectionOptions } from "node:tls"
import type * as Nats from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { BackplaneError, describeFailure } from "../BackplaneError.ts"
import { hostPort } from "../hostPort.ts"
import type { NatsCredentials, NatsSettings, NatsTlsOptions } from "./NatsOptions.ts"
import { isTlsFailure, probe } from "./NatsProbe.ts"

/** The client of NATS, which only those need who run several nodes. */
export type NatsClient = typeof Nats

/** Loads the client, or says how to install it. */
export const loadClient: Effect.Effect<NatsClient, BackplaneError> = Effect.tryPromise({
  try: () => import("@nats-io/transport-node"),
  catch: (error) =>
    new BackplaneError({
      reason: "client-missing",
      detail: describeFailure(error).split("\n", 1)[0] ?? ""
    })
})

const read = (path: string): Effect.Effect<Uint8Array, BackplaneError> =>
  Effect.tryPromise({
    try: () => readFile(path),
    catch: (error) => new BackplaneError({ reason: "file", detail: describeFailure(error) })
  })

const readText = (path: string | undefined): Effect.Effect<string | undefined, BackplaneError> =>
  path === undefined
    ? Effect.succeed(undefined)
    : Effect.map(read(path), (bytes) => new TextDecoder().decode(bytes))

/** Never says what the client says of a secret: it may repeat it. */
const invalid = (detail: string) => () => new BackplaneError({ reason: "credentials", detail })

/** Tried before it is used: the client takes a failure in here for a failure of the network. */
const tried = (authenticator: Nats.Authenticator, detail: string) =>
  Effect.try({
    try: () => {
      authenticator("nonce")
      return authenticator
    },
    catch: invalid(detail)
  })

const authenticatorOf = (
  client: NatsClient,
  credentials: NatsCredentials
): Effect.Effect<Nats.Authenticator | undefined, BackplaneError> => {
  switch (credentials._tag) {
    case "None":
      return Effect.succeed(undefined)
    case "User":
      return Effect.succeed(
        client.usernamePasswordAuthenticator(credentials.user, Redacted.value(credentials.password))
      )
    case "Token":
      return Effect.succeed(client.tokenAuthenticator(Redacted.value(credentials.token)))
    case "Nkey": {
      const seed = new TextEncoder().encode(Redacted.value(credentials.seed).trim())
      return tried(client.nkeyAuthenticator(seed), "the nkey is no seed (SU…)")
    }
    case "File":
      return Effect.flatMap(read(credentials.path), (bytes) =>
        tried(
          client.credsAuthenticator(bytes),
          `${credentials.path} is no credentials file (.creds)`
        )
      )
  }
}

type Pem = { readonly ca?: string; readonly cert?: string; readonly key?: string }

const readPem = Effect.fnUntraced(function* (
  tls: NatsTlsOptions
): Effect.fn.Return<Pem, BackplaneError> {
  const ca = yield* readText(tls.ca)
  const cert = yield* readText(tls.cert)
  const key = yield* readText(tls.key)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key })
  }
})

/** The name that the certificate must hold; an address is checked as one. */
const tlsName = (host: string): TlsConnectionOptions =>
  isIP(host) === 0 ? { servername: host } : {}

const failureOf = (client: NatsClient, at: string, error: unknown): BackplaneError => {
  const detail = `${at}: ${describeFailure(error)}`
  const { AuthorizationError, UserAuthenticationExpiredError } = client.errors
  if (error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError) {
    return new BackplaneError({ reason: "credentials", detail })
  }
  return new BackplaneError({ reason: isTlsFailure(error) ? "tls" : "unreachable", detail })
}

/** What the client is told in every case. */
const clientOptions = ({ connectTimeout, name, pingInterval }: NatsSettings) =>
  ({
    name,
    // A node never hears itself.
    noEcho: true,
    // One loop reconnects, ours (see NatsBackplane): it neither keeps messages meanwhile, which
    // would come late and in a burst, nor leaves sockets behind, nor gives up on refused credentials.
    reconnect: false,
    timeout: connectTimeout,
    pingInterval,
    // Two unanswered pings and the third is due: lost after two to three intervals.
    maxPingOut: 2
  }) satisfies Nats.ConnectionOptions

/**
 * Connects to one server. `onOpen` is called with the connection even when nobody waits for it any
 * more: the client cannot be told to stop.
 */
export const connectTo = Effect.fnUntraced(function* (
  client: NatsClient,
  settings: NatsSettings,
  server: NatsSettings["servers"][number],
  onOpen: (connection: Nats.NatsConnection) => void
): Effect.fn.Return<Nats.NatsConnection, BackplaneError> {
  const at = hostPort(server)
  const { connectTimeout, credentials, tls } = settings
  const authenticator = yield* authenticatorOf(client, credentials)
  const pem = tls === undefined ? undefined : yield* readPem(tls)
  const isTlsFirst = tls?.handshakeFirst === true
  const { asksForCertificate } = yield* probe(
    server,
    connectTimeout,
    isTlsFirst ? { ...pem, ...tlsName(server.host) } : undefined
  )
  // Said here: the server refuses after the handshake, which may look like any lost connection.
  if (asksForCertificate && pem?.cert === undefined) {
    const detail = `${at}: the server asks for a certificate of the relay`
    return yield* new BackplaneError({ reason: "tls", detail })
  }
  return yield* Effect.tryPromise({
    try: async () => {
      const connection = await client.connect({
        ...clientOptions(settings),
        servers: at,
        ...(authenticator === undefined ? {} : { authenticator }),
        ...(pem === undefined ? {} : { tls: { ...pem, handshakeFirst: isTlsFirst } })
      })
      onOpen(connection)
      return connection
    },
    catch: (error) => failureOf(client, at, error)
  })
})
