/** Presence for React: a provider, hooks, and components without styles. */
export { PresenceProvider, type PresenceProviderProps } from "./PresenceProvider.tsx"
export { usePresenceHandle } from "./PresenceContext.ts"
export { type UsePresence, usePresence } from "./usePresence.ts"
export { type UsePresenceField, usePresenceField } from "./usePresenceField.ts"
export { type UsePresenceForDocument, usePresenceForDocument } from "./usePresenceForDocument.ts"
export { type PresenceStatus, usePresenceStatus } from "./usePresenceStatus.ts"
export { useReportPresence, type UseReportPresenceOptions } from "./useReportPresence.ts"
export { useStateSource } from "./useStateSource.ts"
export { useSuspensePresence } from "./useSuspensePresence.ts"
export { DocumentAvatars, type DocumentAvatarsProps } from "./components/DocumentAvatars.tsx"
export { FieldPresence, type FieldPresenceProps } from "./components/FieldPresence.tsx"
export { hueOf } from "./components/hue.ts"
export { initialsOf } from "./components/initials.ts"
export type { DescribePath, PresenceNews } from "./components/news.ts"
export type { Present, PresentPerson } from "./components/people.ts"
export { PresenceAnnouncer, type PresenceAnnouncerProps } from "./components/PresenceAnnouncer.tsx"
export { PresenceAvatar, type PresenceAvatarProps } from "./components/PresenceAvatar.tsx"
export {
  type AvatarsOptions,
  PresenceAvatars,
  type PresenceAvatarsProps
} from "./components/PresenceAvatars.tsx"
