/** A page that shows where one person is in a document, and notes when it committed what. */
import { useLayoutEffect, useRef } from "react"
import { createRoot } from "react-dom/client"
import {
  PresenceProvider,
  usePresenceForDocument,
  usePresenceHandle,
  useReportPresence
} from "../../../src/react/index.ts"

/** What the page showed as of when, in milliseconds since its navigation began. */
export interface Commit {
  readonly move: number
  readonly at: number
}

declare global {
  interface Window {
    /** How many others are in the room. */
    readonly others: () => number
    /** All commits until now. */
    readonly commits: () => ReadonlyArray<Commit>
  }
}

const query = new URLSearchParams(location.search)
const documentId = query.get("documentId") ?? ""
const room = { projectId: "demo", dataset: query.get("dataset") ?? "" }
const apiHost = query.get("apiHost") ?? ""

const commits: Array<Commit> = []

const Watched = () => {
  const shown = useRef<HTMLParagraphElement>(null)
  const { presence } = usePresenceForDocument({ documentId })
  const move = presence[0]?.path[0]
  useReportPresence({ documentId: "where-the-page-is" })
  useLayoutEffect(() => {
    // What the document says by now, not what was rendered.
    const text = shown.current?.textContent ?? ""
    if (text !== "") commits.push({ move: Number(text), at: performance.now() })
  }, [move])
  return <p ref={shown}>{move === undefined ? "" : String(move)}</p>
}

const Others = () => {
  const handle = usePresenceHandle()
  const others = () => handle.getPresenceLocations().getCurrent().length
  useLayoutEffect(() => {
    Object.assign(window, { others, commits: () => commits })
  })
  return null
}

const container = document.getElementById("root")
if (container === null) throw new Error("The page has no element with the id root.")
createRoot(container).render(
  <PresenceProvider {...room} apiHost={apiHost} token="p-page">
    <Watched />
    <Others />
  </PresenceProvider>
)
