/** A server that speaks Bifur's presence protocol: for development, tests and self-hosting. */
export type { Admission } from "./auth/Admission.ts"
export { SanityAuth, type SanityAuthOptions } from "./auth/SanityAuth.ts"
export { TokensFileError } from "./auth/TokensFile.ts"
export { TokensFileAuth, type TokensFileOptions } from "./auth/TokensFileAuth.ts"
export {
  Backplane,
  type BackplaneCounts,
  BackplaneError,
  type BackplaneRefusal,
  type BackplaneStatus,
  type MessageDropReason,
  MemoryBus,
  type MemoryBusOptions
} from "./Backplane.ts"
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
export { RelayError } from "./RelayError.ts"
export type { RelayOptions, RelayTls } from "./RelayOptions.ts"
export type { RoomAddress } from "./RoomAddress.ts"
export type { Topic } from "./Topic.ts"
