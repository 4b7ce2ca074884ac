/**
 * Whether the settings of a relay make sense.
 */
import * as Effect from "effect/Effect"
import { RelayError } from "./RelayError.ts"
import type { RelaySettings } from "./RelayOptions.ts"

/** From and to, of every number that is not just any time. */
const ranges = {
  silenceTimeout: [2_000, 30_000],
  heartbeatInterval: [1, Infinity],
  handshakeTimeout: [1, Infinity],
  authorizationTimeout: [1, Infinity],
  maxFrameSize: [1, 2 ** 31 - 1],
  maxSessionsPerConnection: [1, Infinity],
  maxSessionsPerUser: [1, Infinity],
  maxConnectionsPerRoom: [1, Infinity],
  maxConnectionsPerAddress: [1, Infinity],
  maxConnections: [1, Infinity],
  maxRooms: [1, Infinity]
} as const satisfies { readonly [Option in keyof RelaySettings]?: readonly [number, number] }

const anyTime = [0, Infinity] as const

const isRanged = (option: string): option is keyof typeof ranges => Object.hasOwn(ranges, option)

/** Fails with `option` where one makes no sense. The port is the listener's to check. */
export const checkOptions = (settings: RelaySettings): Effect.Effect<void, RelayError> => {
  const { host, port } = settings
  for (const [option, value] of Object.entries(settings)) {
    if (typeof value !== "number" || option === "port") continue
    const [least, most] = isRanged(option) ? ranges[option] : anyTime
    if (value >= least && value <= most) continue
    const upTo = most === Infinity ? "up" : `to ${most}`
    const detail = `The relay's option ${option} is ${value}. Give a number from ${least} ${upTo}; times are in milliseconds.`
    return Effect.fail(new RelayError({ reason: "option", host, port, detail }))
  }
  return Effect.void
}
