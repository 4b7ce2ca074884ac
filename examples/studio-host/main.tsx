import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { createClient } from "@sanity/client"
import { StudioHost } from "./host/StudioHost.tsx"
import { presence } from "./plugin/presence.tsx"

const query = new URLSearchParams(location.search)

/** As a Studio makes it; to the relay, a token is the id of its user. */
const client = createClient({
  projectId: "demo",
  dataset: query.get("dataset") ?? "demo",
  token: query.get("token") ?? "p-ada-lovelace",
  apiHost: API_HOST,
  useProjectHostname: false,
  apiVersion: "2026-01-01",
  useCdn: false,
  ignoreBrowserTokenWarning: true
})

const container = document.getElementById("root")
if (container === null) throw new Error("The page has no element with the id root.")
createRoot(container).render(
  <StrictMode>
    <StudioHost client={client} plugins={[presence]} />
  </StrictMode>
)
