import { PresenceAnnouncer, PresenceAvatars, PresenceProvider } from "../../src/react/index.ts"
import { UserId } from "../../src/Session.ts"

/** Who has been here before, as a server knows it without a connection. */
const visitors = [
  { user: { id: UserId.make("p-grace"), displayName: "Grace Hopper" } },
  { user: { id: UserId.make("p-alan"), displayName: "Alan Turing" } }
].map((visitor) => ({ ...visitor, activity: "unknown", stale: false }) as const)

/** The same on the server and in the page. */
export const StrictPage = ({ apiHost }: { readonly apiHost: string }) => (
  <PresenceProvider projectId="demo" dataset="production" apiHost={apiHost} token="p-visitor">
    <PresenceAnnouncer documentId="book" label="A book" />
    <PresenceAvatars presence={visitors} label="Visitors" max={1} />
  </PresenceProvider>
)
