/** A server that speaks Bifur's presence protocol: for development, tests and self-hosting. */
export { Relay } from "./Relay.ts"
export { RelayAuth, type RelayUser, TokenRefused } from "./RelayAuth.ts"
export { RelayError } from "./RelayError.ts"
export type { RelayOptions } from "./RelayOptions.ts"
