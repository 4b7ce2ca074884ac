import { PresenceProvider, usePresenceField } from "effect-sanity-presence/react"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"

function Title() {
  const { presence, props } = usePresenceField({ documentId: "book", path: ["title"] })
  return (
    <label>
      Title <input {...props} />
      <output>{presence.map(({ user }) => user.displayName).join(", ")}</output>
    </label>
  )
}

const root = document.getElementById("root")
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <PresenceProvider
        projectId="demo"
        dataset="production"
        apiHost={import.meta.env.VITE_API_HOST}
        token={new URLSearchParams(location.search).get("user") ?? "p-nobody"}
      >
        <Title />
      </PresenceProvider>
    </StrictMode>
  )
}
