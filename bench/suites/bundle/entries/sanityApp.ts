/** The same with the provider of its documentation, which signs in too. */
export {
  SanityApp,
  usePresence,
  usePresenceForDocument,
  useReportPresence
} from "@sanity/sdk-react"
