/**
 * Real-time presence for Sanity as Effect services.
 */
export { Auth, type Token, TokenUnavailable } from "./Auth.ts"
export * as AuthConfig from "./AuthConfig.ts"
export * as AuthSource from "./AuthSource.ts"
export * as BifurTransport from "./bifur/BifurTransport.ts"
export * as ConnectionStatus from "./ConnectionStatus.ts"
export { createPresence, type PresenceOptions } from "./createPresence.ts"
export * as DocumentRef from "./DocumentRef.ts"
export * as FrameTrace from "./bifur/FrameTrace.ts"
export {
  IndexTuple,
  isSameLocation,
  isSameLocations,
  isSamePath,
  isSameSegment,
  isSameSelection,
  isWithin,
  KeyedSegment,
  Location,
  Path,
  PathSegment,
  type ReportedLocation,
  Selection,
  SelectionPoint
} from "./Location.ts"
export * as PageEvents from "./PageEvents.ts"
export * as PortableText from "./PortableText.ts"
export { forDocument, Presence } from "./Presence.ts"
export * as PresenceConfig from "./PresenceConfig.ts"
export {
  ConnectionFailed,
  InvalidConfiguration,
  PresenceError,
  Unauthorized,
  UnsupportedResource
} from "./PresenceError.ts"
export type { PresenceHandle, Report, Reporter } from "./PresenceHandle.ts"
export { PresenceMap, type PresenceMapOptions, type RoomServices } from "./PresenceMap.ts"
export * as PresenceQuery from "./PresenceQuery.ts"
export * as PresenceState from "./PresenceState.ts"
export type { DocumentPresence, Self, UserPresence, UserSessions } from "./RoomSources.ts"
export { type Resource, SanityClient, type SanityClientOptions } from "./SanityClient.ts"
export { type SanityPath, toSanityPath } from "./SanityPath.ts"
export { SessionId, SessionKey, sessionKey, UserId } from "./Session.ts"
export * as StateSource from "./StateSource.ts"
export * as Telemetry from "./Telemetry.ts"
export {
  NotConnected,
  notConnected,
  Rejected,
  RequestTimeout,
  Transport,
  TransportError,
  type TransportEvent,
  type TransportMessage,
  type TransportSignal
} from "./Transport.ts"
export type { UserProfile } from "./UserProfile.ts"
export { type Profiles, profileOf, Users } from "./Users.ts"
export { whilePresent } from "./whilePresent.ts"
