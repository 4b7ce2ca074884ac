/** What an app with presence imports; `ResourceProvider` is the least provider that gives an instance. */
export {
  ResourceProvider,
  usePresence,
  usePresenceForDocument,
  useReportPresence
} from "@sanity/sdk-react"
