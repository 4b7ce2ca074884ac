/** What an app with avatars of its own imports: the components must cost it nothing. */
export {
  PresenceProvider,
  usePresence,
  usePresenceField,
  usePresenceForDocument,
  usePresenceHandle,
  usePresenceStatus,
  useReportPresence,
  useStateSource,
  useSuspensePresence
} from "../../src/react/index.ts"
