/** A server that speaks Bifur's presence protocol: for development, tests and self-hosting. */
export { NatsBackplane, type NatsOptions, type NatsTlsOptions } from "./nats/NatsBackplane.ts"
export { Relay } from "./Relay.ts"
export {
  type AuthScope,
  AuthUnavailable,
  type Directory,
  RelayAuth,
  type RelayUser,
  TokenRefused
} from "./RelayAuth.ts"
export { layerSanity, type SanityAuthOptions } from "./auth/SanityAuth.ts"
export { layerTokensFile, type TokensFileOptions } from "./auth/TokensFileAuth.ts"
export { TokensFileError } from "./auth/TokensFile.ts"
export { RelayError } from "./RelayError.ts"
export type { RelayOptions } from "./RelayOptions.ts"
export {
  Backplane,
  BackplaneError,
  type BackplaneRefusal,
  type BackplaneStatus,
  MemoryBus
} from "./Backplane.ts"
