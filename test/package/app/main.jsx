import { PresenceProvider, usePresence } from "effect-sanity-presence/react"
import { StrictMode, useEffect } from "react"
import { createRoot } from "react-dom/client"

const search = new URLSearchParams(location.search)
const user = search.get("user")
const field = search.get("field")

const People = () => {
  const { locations, reportPresence } = usePresence()
  useEffect(() => reportPresence([{ documentId: "drafts.book", path: [field] }]), [reportPresence])
  return (
    <ul>
      {locations.map(({ locations: [place], sessionId, user }) => (
        <li key={sessionId}>{`${user.displayName} in ${place?.path.join(".")}`}</li>
      ))}
    </ul>
  )
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <PresenceProvider projectId="demo" dataset="production" apiHost={API_HOST} token={user}>
      <People />
    </PresenceProvider>
  </StrictMode>
)
