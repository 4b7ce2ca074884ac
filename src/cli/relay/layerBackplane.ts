/**
 * What joins the relay of the command line with other nodes.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Backplane } from "../../relay/Backplane.ts"
import { NatsBackplane, type NatsTlsOptions } from "../../relay/nats/NatsBackplane.ts"
import { UsageError } from "../CommandFailure.ts"
import { readSecret } from "../Secret.ts"
import { toDuration } from "../Setting.ts"
import { natsSecrets } from "./natsSettings.ts"

/** What the command was told of NATS; of secrets the file, times in seconds. */
export interface NatsValues {
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
}: NatsValues): NatsTlsOptions | undefined => {
  const handshakeFirst = natsTlsFirst === "yes"
  const isWanted = (ca ?? cert ?? key) !== undefined || handshakeFirst
  return isWanted ? { ca, cert, key, handshakeFirst } : undefined
}

/** NATS where servers are given; else this node is alone. */
export const layerBackplane = (values: NatsValues) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const password = yield* readSecret(natsSecrets.natsPassword, values.natsPassword)
      const token = yield* readSecret(natsSecrets.natsToken, values.natsToken)
      const nkey = yield* readSecret(natsSecrets.natsNkey, values.natsNkey)
      const { nats, ...others } = values
      if (nats === undefined) {
        const isMisplaced =
          (password ?? token ?? nkey) !== undefined ||
          Object.values(others).some((value) => value !== undefined)
        if (!isMisplaced) return Backplane.layerNone
        return yield* new UsageError({
          message:
            "There are settings for NATS, but no server. Name one: --nats nats://127.0.0.1:4222."
        })
      }
      return NatsBackplane.layer({
        servers: nats,
        user: values.natsUser,
        password,
        token,
        nkey,
        credentialsFile: values.natsCredentialsFile,
        tls: tlsOf(values),
        name: values.natsName,
        subjectPrefix: values.natsSubjectPrefix,
        reconnectWait: toDuration(values.natsReconnectWait),
        reconnectJitter: toDuration(values.natsReconnectJitter),
        connectTimeout: toDuration(values.natsConnectTimeout),
        pingInterval: toDuration(values.natsPingInterval),
        maxReconnectAttempts: values.natsMaxReconnectAttempts
      })
    })
  )
