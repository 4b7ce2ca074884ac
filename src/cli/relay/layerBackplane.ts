/**
 * What joins the relay of the command line with other nodes.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Backplane } from "../../relay/Backplane.ts"
import { NatsBackplane, type NatsTlsOptions } from "../../relay/nats/NatsBackplane.ts"
import { CommandError } from "../CommandError.ts"
import { natsSecrets } from "./natsSettings.ts"
import { readSecret } from "../Secret.ts"

/** What the command was told of NATS; of secrets the file, times in seconds. */
export interface NatsSettings {
  readonly nats: ReadonlyArray<string> | undefined
  readonly natsUser: string | undefined
  readonly natsPassword: string | undefined
  readonly natsToken: string | undefined
  readonly natsNkey: string | undefined
  readonly natsCredentialsFile: string | undefined
  readonly natsTlsCa: string | undefined
  readonly natsTlsCert: string | undefined
  readonly natsTlsKey: string | undefined
  readonly natsTlsFirst: "yes" | "no" | undefined
  readonly natsName: string | undefined
  readonly natsSubjectPrefix: string | undefined
  readonly natsReconnectWait: number | undefined
  readonly natsReconnectJitter: number | undefined
  readonly natsConnectTimeout: number | undefined
  readonly natsPingInterval: number | undefined
  readonly natsMaxReconnectAttempts: number | undefined
}

/** TLS is insisted on where any of it is given. */
const tlsOf = ({
  natsTlsCa: ca,
  natsTlsCert: cert,
  natsTlsFirst,
  natsTlsKey: key
}: NatsSettings): NatsTlsOptions | undefined => {
  const handshakeFirst = natsTlsFirst === "yes"
  const isWanted = (ca ?? cert ?? key) !== undefined || handshakeFirst
  return isWanted ? { ca, cert, key, handshakeFirst } : undefined
}

const seconds = (value: number | undefined): Duration.Duration | undefined =>
  value === undefined ? undefined : Duration.seconds(value)

/** NATS where servers are given; else this node is alone. */
export const layerBackplane = (settings: NatsSettings) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const password = yield* readSecret(natsSecrets.natsPassword, settings.natsPassword)
      const token = yield* readSecret(natsSecrets.natsToken, settings.natsToken)
      const nkey = yield* readSecret(natsSecrets.natsNkey, settings.natsNkey)
      const { nats, ...others } = settings
      if (nats === undefined) {
        const isMisplaced =
          (password ?? token ?? nkey) !== undefined ||
          Object.values(others).some((value) => value !== undefined)
        if (!isMisplaced) return Backplane.layerNone
        return yield* new CommandError({
          message:
            "There are settings for NATS, but no server. Name one: --nats nats://127.0.0.1:4222."
        })
      }
      return NatsBackplane.layer({
        servers: nats,
        user: settings.natsUser,
        password,
        token,
        nkey,
        credentialsFile: settings.natsCredentialsFile,
        tls: tlsOf(settings),
        name: settings.natsName,
        subjectPrefix: settings.natsSubjectPrefix,
        reconnectWait: seconds(settings.natsReconnectWait),
        reconnectJitter: seconds(settings.natsReconnectJitter),
        connectTimeout: seconds(settings.natsConnectTimeout),
        pingInterval: seconds(settings.natsPingInterval),
        maxReconnectAttempts: settings.natsMaxReconnectAttempts
      })
    })
  )
