/**
 * Whether the settings of a relay make sense.
 */
import * as Effect from "effect/Effect"
import { RelayError } from "./RelayError.ts"
import type { RelaySettings } from "./RelayOptions.ts"

/** The longest time that a timer takes, in milliseconds; one of a longer time fires at once. */
const longestTimer = 2 ** 31 - 1

/** From and to, of every number that is not just any time. */
const ranges = {
  trustedProxies: [0, Infinity],
  silenceTimeout: [2_000, 30_000],
  heartbeatInterval: [1, longestTimer],
  handshakeTimeout: [1, longestTimer],
  authorizationTimeout: [1, longestTimer],
  maxFrameSize: [1, 2 ** 31 - 1],
  maxRequestsPerSecond: [1, Infinity],
  maxSessionsPerConnection: [1, Infinity],
  maxSessionsPerUser: [1, Infinity],
  maxBytesPerUser: [1, Infinity],
  maxConnectionsPerUser: [1, Infinity],
  maxConnectionsPerRoom: [1, Infinity],
  maxConnectionsPerAddress: [1, Infinity],
  maxConnections: [1, Infinity],
  maxRooms: [1, Infinity]
} as const satisfies { readonly [Option in keyof RelaySettings]?: readonly [number, number] }

const anyTime = [0, longestTimer] as const

const isRanged = (option: string): option is keyof typeof ranges => Object.hasOwn(ranges, option)

/** What does not make sense, as a sentence for people. The port is the listener's to check. */
const complaintAbout = (settings: RelaySettings): string | undefined => {
  for (const [option, value] of Object.entries(settings)) {
    if (typeof value !== "number" || option === "port") continue
    const [least, most] = isRanged(option) ? ranges[option] : anyTime
    if (value >= least && value <= most) continue
    const upTo = most === Infinity ? "up" : `to ${most}`
    return `The relay's option ${option} is ${value}. Give a number from ${least} ${upTo}; times are in milliseconds.`
  }
  // The listener gives a socket the time of both.
  const sum = settings.handshakeTimeout + settings.authorizationTimeout
  return sum <= longestTimer
    ? undefined
    : `The relay's options handshakeTimeout and authorizationTimeout add up to ${sum} milliseconds. Give times of ${longestTimer} together, or less.`
}

/** Fails with `option` where one makes no sense. */
export const checkOptions = (settings: RelaySettings): Effect.Effect<void, RelayError> => {
  const { host, port } = settings
  const detail = complaintAbout(settings)
  return detail === undefined
    ? Effect.void
    : Effect.fail(new RelayError({ reason: "option", host, port, detail }))
}
