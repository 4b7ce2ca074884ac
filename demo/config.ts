/**
 * What the page is told at `/config.json`: which room to join, and as whom.
 */
import * as Schema from "effect/Schema"

/** Where the page asks. */
export const configPath = "/config.json"

/** The local relay: any user id is a token. */
export const RelayConfig = Schema.Struct({
  service: Schema.Literal("relay"),
  projectId: Schema.String,
  dataset: Schema.String,
  apiHost: Schema.String
})
export type RelayConfig = typeof RelayConfig.Type

/** The hosted service, or what stands in for it: one token, so one person. */
export const SanityConfig = Schema.Struct({
  service: Schema.Literal("sanity"),
  projectId: Schema.String,
  dataset: Schema.String,
  apiHost: Schema.optionalKey(Schema.String),
  token: Schema.String
})
export type SanityConfig = typeof SanityConfig.Type

export const DemoConfig = Schema.Union([RelayConfig, SanityConfig])
export type DemoConfig = typeof DemoConfig.Type
