/**
 * A page with one person, in StrictMode. Its address says where it connects (`apiHost`, `dataset`), as
 * whom (`token`), and `hiddenTimeout` in milliseconds.
 */
import { type ReactNode, StrictMode, useEffect } from "react"
import { flushSync } from "react-dom"
import { createRoot } from "react-dom/client"
import { ConnectionStatus } from "../../src/index.ts"
import { PresenceProvider, usePresence } from "../../src/react/index.ts"

declare global {
  interface Window {
    /** Mounts what is not mounted and unmounts the rest, within the call. */
    readonly mount: (what: "nothing" | "provider" | "person") => void
  }
}

const query = new URLSearchParams(location.search)
const text = (name: string) => query.get(name) ?? undefined
const millis = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined)

function Person() {
  const { locations, reportPresence, self, status } = usePresence()
  useEffect(
    () => reportPresence([{ documentId: "drafts.page", path: ["title"] }]),
    [reportPresence]
  )
  const words = ConnectionStatus.describe(status)
  useEffect(() => window.recording.say(`${status._tag}: ${words}`), [status, words])
  return (
    <main data-session-id={self.sessionId} data-others={locations.length}>
      <p data-status={status._tag}>{words}</p>
    </main>
  )
}

function Tree({ children }: { readonly children: ReactNode }) {
  return (
    <PresenceProvider
      projectId="demo"
      dataset={text("dataset") ?? "demo"}
      apiHost={text("apiHost")}
      token={text("token")}
      config={{ hiddenTimeout: millis("hiddenTimeout") }}
    >
      {children}
    </PresenceProvider>
  )
}

const container = document.getElementById("root")
if (container === null) throw new Error("The page has no element with the id root.")
const root = createRoot(container)

const mount: Window["mount"] = (what) =>
  flushSync(() =>
    root.render(
      <StrictMode>
        {what !== "nothing" && <Tree>{what === "person" && <Person />}</Tree>}
      </StrictMode>
    )
  )
Object.assign(window, { mount })
mount("person")
