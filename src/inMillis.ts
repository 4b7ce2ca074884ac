/**
 * The times of the config as numbers, for those who calculate with them. Pure.
 */
import * as Duration from "effect/Duration"
import * as Record from "effect/Record"
import type { PresenceConfigShape } from "./PresenceConfig.ts"

/** Every time of the config in milliseconds. */
export type Millis = { readonly [K in keyof Omit<PresenceConfigShape, "limits">]: number }

/**
 * Every time of the config in milliseconds.
 *
 * @example
 * inMillis(PresenceConfig.make({ idleAfter: "1 minute" })).idleAfter // 60_000
 */
export const inMillis = (config: PresenceConfigShape): Millis => {
  const { limits: _limits, ...times } = config
  return Record.map(times, Duration.toMillis)
}
