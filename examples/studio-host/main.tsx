import { StrictMode, useMemo, useState } from "react"
import { createRoot } from "react-dom/client"
import { createClient } from "@sanity/client"
import { StudioHost } from "./host/StudioHost.tsx"
import { presence } from "./plugin/presence.tsx"

const dataset = new URLSearchParams(location.search).get("dataset") ?? "demo"
const plugins = [presence]

/** Makes another client whenever someone logs in, as a Studio does. */
function Studio() {
  // To the relay, a token is the id of its user.
  const [login, setLogin] = useState({ token: "p-ada-lovelace" })
  const client = useMemo(
    () =>
      createClient({
        ...login,
        projectId: "demo",
        dataset,
        apiHost: API_HOST,
        useProjectHostname: false,
        apiVersion: "2026-01-01",
        useCdn: false,
        ignoreBrowserTokenWarning: true
      }),
    [login]
  )
  const logIn = (token: string) => () => setLogin({ token })
  return (
    <>
      <button onClick={logIn("p-ada-lovelace")}>Log in as Ada</button>
      <button onClick={logIn("p-alan-turing")}>Log in as Alan</button>
      <StudioHost client={client} plugins={plugins} />
    </>
  )
}

const container = document.getElementById("root")
if (container === null) throw new Error("The page has no element with the id root.")
createRoot(container).render(
  <StrictMode>
    <Studio />
  </StrictMode>
)
