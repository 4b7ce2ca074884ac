/** Presence for React: a provider and hooks. */
export {
  PresenceProvider,
  type PresenceProviderProps,
  usePresenceHandle
} from "./PresenceProvider.tsx"
export { type UsePresence, usePresence } from "./usePresence.ts"
export { type PresenceStatus, usePresenceStatus } from "./usePresenceStatus.ts"
export { useStateSource } from "./useStateSource.ts"
