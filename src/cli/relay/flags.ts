/**
 * The flags of `sanity-presence relay`, without the relay.
 */
import type * as Command from "effect/cli/Command"
import { fileFlagsOf } from "../Secret.ts"
import { flagsOf } from "../Setting.ts"
import * as authentication from "./authSettings.ts"
import * as nats from "./natsSettings.ts"
import * as settings from "./relaySettings.ts"

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

/** All of them, in groups. */
export const flags = {
  options: optionFlags,
  auth: authFlags,
  nats: natsFlags,
  logFormat: settings.logFormat.flag
}

/** What the flags and the variables say; times in seconds, of secrets and certificates the files. */
export type Values = Command.Command.Config.Infer<typeof flags>
