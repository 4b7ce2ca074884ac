/**
 * Runs a relay as the flags and the variables say.
 */
import { createSecureContext } from "node:tls"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import type { TokensFileError } from "../../relay/auth/TokensFile.ts"
import type { BackplaneError } from "../../relay/BackplaneError.ts"
import { packageVersion } from "../../relay/PackageVersion.ts"
import { Relay } from "../../relay/Relay.ts"
import type { RelayError } from "../../relay/RelayError.ts"
import type { RelayOptions, RelayTls } from "../../relay/RelayOptions.ts"
import { isLoopback } from "../../relay/SocketRequest.ts"
import { UsageError } from "../CommandFailure.ts"
import { isInClear } from "../room/RoomTarget.ts"
import { readFile, readSecret } from "../Secret.ts"
import { quitOnSecondSignal } from "../secondSignal.ts"
import { toDuration } from "../Setting.ts"
import type { Values } from "./flags.ts"
import { layerAuth } from "./layerAuth.ts"
import { layerBackplane } from "./layerBackplane.ts"
import { layerLog } from "./layerLog.ts"
import * as settings from "./relaySettings.ts"
import { warnOfUnknownVariables } from "./unknownVariables.ts"

/** Every option must be there, if only undefined: none is forgotten. */
type AllOptions = { readonly [Key in keyof Required<RelayOptions>]: RelayOptions[Key] }

const readTls = Effect.fnUntraced(function* ({
  tlsCert,
  tlsKey
}: Pick<Values["options"], "tlsCert" | "tlsKey">) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    return yield* new UsageError({
      message: "TLS needs the certificate and its key: give both, --tls-cert and --tls-key."
    })
  }
  const tls: RelayTls = {
    cert: yield* readFile(settings.tlsFiles.tlsCert.name, tlsCert),
    key: yield* readFile(settings.tlsFiles.tlsKey.name, tlsKey)
  }
  return yield* Effect.try({
    try: () => createSecureContext(tls),
    catch: (cause) =>
      new UsageError({
        message: `--tls-cert and --tls-key are no certificate and its key, both PEM: ${cause instanceof Error ? cause.message : "no reason given"}.`
      })
  }).pipe(Effect.as(tls))
})

/** The project of a relay that serves one only. */
const onlyProject = ({ sanityProjects }: Values["auth"]): string | undefined =>
  sanityProjects?.length === 1 ? sanityProjects[0] : undefined

/** The project of clients whose host name names none. */
const ownProject = ({ auth, options }: Pick<Values, "auth" | "options">): string =>
  options.project ?? onlyProject(auth) ?? settings.listening.project.default

const readOptions = Effect.fnUntraced(function* ({ auth, options: values }: Values) {
  const { metricsToken, projectFromHost, tlsCert, tlsKey, ...others } = values
  const options: AllOptions = {
    ...others,
    project: values.project ?? onlyProject(auth),
    projectFromHost: projectFromHost !== "no",
    ...Record.map(
      Record.map(settings.times, (_, name) => values[name]),
      toDuration
    ),
    tls: yield* readTls({ tlsCert, tlsKey }),
    metricsToken: yield* readSecret(settings.metricsToken, metricsToken)
  }
  return options
})

/** What a log says of the start: nothing that is secret. */
const announce = Effect.fnUntraced(function* ({ auth, nats, options }: Values) {
  const { address, url } = yield* Relay
  const project = ownProject({ auth, options })
  yield* Effect.logInfo(`Relay listening on ${url}`).pipe(
    Effect.annotateLogs({
      version: packageVersion,
      host: address.host,
      port: address.port,
      tls: options.tlsCert !== undefined,
      auth: auth.auth ?? "none",
      project,
      trustedProxies: options.trustedProxies ?? 0,
      allowedOrigins: options.allowedOrigins?.join() ?? settings.allowedOrigins.default,
      nodes: nats.nats === undefined ? "one" : "nats"
    })
  )
  if (auth.auth === "development") {
    yield* Effect.logWarning(
      `DEVELOPMENT ONLY, anyone may be anyone: connect with apiHost ${url} and a user's name as the token, for example p-ada-lovelace; a client of @sanity/client needs useProjectHostname false, too.`
    )
    if (!isLoopback(address.host) && address.host !== "localhost") {
      yield* Effect.logWarning(
        `Whoever reaches ${address.host}, port ${address.port}, over the network may be anyone. Leave out --host to listen on this machine only, or choose --auth tokens or --auth sanity.`
      )
    }
  }
  if (auth.sanityApiHost !== undefined && isInClear(auth.sanityApiHost)) {
    yield* Effect.logWarning(
      `Everybody's tokens go to ${auth.sanityApiHost} without TLS: whoever is on the way can read them. Use https:// for --sanity-api-host.`
    )
  }
  if (auth.auth === "sanity" && auth.sanityProjects === undefined) {
    yield* Effect.logWarning(
      "This relay serves every project of Sanity to its members. Name yours: --sanity-projects <id>."
    )
  }
  if (auth.sanityProjects !== undefined && !auth.sanityProjects.includes(project)) {
    yield* Effect.logWarning(
      `Clients whose host name names no project are taken to be for ${project}, which is none of --sanity-projects, and refused. Let them connect to <project id>.<a name of this relay>, or name one: --project ${auth.sanityProjects[0] ?? "<id>"}.`
    )
  }
})

const stopping = Effect.addFinalizer(() =>
  Effect.annotateLogs(Effect.logInfo("Stopping"), { action: "relay/stop" })
)

/** What a relay cannot start with although all else is well: flags, variables and files. */
const isUsage = ({ _tag, reason }: RelayError | BackplaneError | TokensFileError): boolean =>
  _tag === "TokensFileError" || ["option", "port", "file"].includes(reason)

const toUsage = (error: RelayError | BackplaneError | TokensFileError) =>
  isUsage(error) ? new UsageError({ message: error.message }) : Effect.fail(error)

/** Serves until it is stopped; fails where it cannot start. */
export const serve = (values: Values) =>
  Effect.gen(function* () {
    yield* warnOfUnknownVariables
    yield* Effect.annotateLogs(announce(values), { action: "relay/start" })
    yield* stopping
    yield* quitOnSecondSignal
    return yield* Effect.never
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.unwrap(Effect.map(readOptions(values), Relay.layerNode)).pipe(
        Layer.provide([layerAuth(values.auth), layerBackplane(values.nats)])
      )
    ),
    Effect.catchTags({ RelayError: toUsage, BackplaneError: toUsage, TokensFileError: toUsage }),
    Effect.provide(layerLog(values.logFormat))
  )
