/**
 * Real-time presence for Sanity as Effect services.
 */
export { Auth, type Token } from "./Auth.ts"
export * as AuthConfig from "./AuthConfig.ts"
export * as BifurTransport from "./bifur/BifurTransport.ts"
export * as ConnectionStatus from "./ConnectionStatus.ts"
export * from "./createPresence.ts"
export * from "./Location.ts"
export * as PageEvents from "./PageEvents.ts"
export { Presence } from "./Presence.ts"
export * as PresenceConfig from "./PresenceConfig.ts"
export * from "./PresenceError.ts"
export * as PresenceState from "./PresenceState.ts"
export { type Resource, SanityClient, type SanityClientOptions } from "./SanityClient.ts"
export * from "./Session.ts"
export * as StateSource from "./StateSource.ts"
export * from "./Transport.ts"
export { type Profiles, profileOf, type UserProfile, Users } from "./Users.ts"
