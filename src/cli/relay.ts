/**
 * `sanity-presence relay`: runs a relay until it is stopped.
 */
import { createSecureContext } from "node:tls"
import * as Command from "effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import { packageVersion } from "../relay/PackageVersion.ts"
import { Relay } from "../relay/Relay.ts"
import type { RelayOptions, RelayTls } from "../relay/RelayOptions.ts"
import * as authentication from "./authSettings.ts"
import { CommandError } from "./CommandError.ts"
import * as nats from "./natsSettings.ts"
import { layerAuth } from "./relayAuth.ts"
import { layerBackplane } from "./relayBackplane.ts"
import { layerLog } from "./relayLog.ts"
import * as settings from "./relaySettings.ts"
import { fileFlagsOf, readFile, readSecret } from "./Secret.ts"
import { flagsOf } from "./Setting.ts"
import { quitOnSecondSignal } from "./secondSignal.ts"
import { warnOfUnknownVariables } from "./unknownVariables.ts"

const optionFlags = {
  ...flagsOf(settings.listening),
  ...flagsOf(settings.networkCounts),
  allowedOrigins: settings.allowedOrigins.flag,
  projectFromHost: settings.projectFromHost.flag,
  rollCall: settings.rollCall.flag,
  ...flagsOf(settings.tlsFiles),
  ...flagsOf(settings.limits),
  ...flagsOf(settings.times),
  metricsToken: settings.metricsToken.file.flag
}

const authFlags = {
  auth: authentication.auth.flag,
  tokensFile: authentication.tokensFile.flag,
  sanityApiHost: authentication.sanityApiHost.flag,
  ...flagsOf(authentication.authLists),
  ...flagsOf(authentication.authTimes)
}

const natsFlags = {
  nats: nats.nats.flag,
  ...flagsOf(nats.natsTexts),
  ...fileFlagsOf(nats.natsSecrets),
  natsTlsFirst: nats.natsTlsFirst.flag,
  ...flagsOf(nats.natsTimes),
  ...flagsOf(nats.natsCounts)
}

const flags = {
  options: optionFlags,
  auth: authFlags,
  nats: natsFlags,
  logFormat: settings.logFormat.flag
}

/** What the flags and the variables say; times in seconds, of secrets and certificates the files. */
type Values = Command.Command.Config.Infer<typeof flags>

/** Every option must be there, if only undefined: none is forgotten. */
type AllOptions = { readonly [Key in keyof Required<RelayOptions>]: RelayOptions[Key] }

const readTls = Effect.fnUntraced(function* ({
  tlsCert,
  tlsKey
}: Pick<Values["options"], "tlsCert" | "tlsKey">) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    return yield* new CommandError({
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
      new CommandError({
        message: `--tls-cert and --tls-key are no certificate and its key, both PEM: ${cause instanceof Error ? cause.message : "no reason given"}.`
      })
  }).pipe(Effect.as(tls))
})

const seconds = (value: number | undefined): Duration.Duration | undefined =>
  value === undefined ? undefined : Duration.seconds(value)

/** The project of a relay that serves one only. */
const onlyProject = ({ sanityProjects }: Values["auth"]): string | undefined =>
  sanityProjects?.length === 1 ? sanityProjects[0] : undefined

const readOptions = Effect.fnUntraced(function* ({ auth, options: values }: Values) {
  const { metricsToken, projectFromHost, tlsCert, tlsKey, ...others } = values
  const options: AllOptions = {
    ...others,
    project: values.project ?? onlyProject(auth),
    projectFromHost: projectFromHost !== "no",
    ...Record.map(
      Record.map(settings.times, (_, name) => values[name]),
      seconds
    ),
    tls: yield* readTls({ tlsCert, tlsKey }),
    metricsToken: yield* readSecret(settings.metricsToken, metricsToken)
  }
  return options
})

/** What a log says of the start: nothing that is secret. */
const announce = Effect.fnUntraced(function* ({ auth, nats, options }: Values) {
  const { address, url } = yield* Relay
  yield* Effect.logInfo(`Relay listening on ${url}`).pipe(
    Effect.annotateLogs({
      version: packageVersion,
      host: address.host,
      port: address.port,
      tls: options.tlsCert !== undefined,
      auth: auth.auth ?? "none",
      project: options.project ?? onlyProject(auth) ?? settings.listening.project.default,
      trustedProxies: options.trustedProxies ?? 0,
      allowedOrigins: options.allowedOrigins?.join() ?? settings.allowedOrigins.default,
      nodes: nats.nats === undefined ? "one" : "nats"
    })
  )
  if (auth.auth === "development") {
    yield* Effect.logWarning(
      `DEVELOPMENT ONLY, anyone may be anyone: connect with apiHost ${url}, useProjectHostname false and a user's name as the token, for example p-ada-lovelace.`
    )
  }
  if (auth.auth === "sanity" && auth.sanityProjects === undefined) {
    yield* Effect.logWarning(
      "This relay serves every project of Sanity to its members. Name yours: --sanity-projects <id>."
    )
  }
})

const stopping = Effect.addFinalizer(() =>
  Effect.annotateLogs(Effect.logInfo("Stopping"), { action: "relay/stop" })
)

const serve = (values: Values) =>
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
    Effect.provide(layerLog(values.logFormat))
  )

/** The command; it fails with a message in one line where the relay cannot start. */
export const relay = Command.make("relay", flags, serve).pipe(
  Command.withDescription("Run a presence relay, until it is stopped"),
  Command.withExamples([
    {
      command: "sanity-presence relay --auth development",
      description: "Listen on this machine, port 4000, and let in anyone as anyone"
    },
    {
      command: "sanity-presence relay --auth sanity --sanity-projects abc123 --host 0.0.0.0",
      description: "Let in the members of a project"
    }
  ])
)
