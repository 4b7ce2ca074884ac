import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { SanityApp, type SanityConfig } from "@sanity/sdk-react"
import { AppPresence } from "./AppPresence.tsx"
import { Book } from "./Book.tsx"

const query = new URLSearchParams(location.search)

/** An App SDK app with a token; to the relay, a token is the id of its user. */
const config: SanityConfig = {
  projectId: "demo",
  dataset: query.get("dataset") ?? "demo",
  auth: { token: query.get("token") ?? "p-ada-lovelace", apiHost: API_HOST }
}

const container = document.getElementById("root")
if (container === null) throw new Error("The page has no element with the id root.")
createRoot(container).render(
  <StrictMode>
    <SanityApp config={config} fallback={<p>Loading …</p>}>
      <AppPresence>
        <Book />
      </AppPresence>
    </SanityApp>
  </StrictMode>
)
