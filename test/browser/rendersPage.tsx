/**
 * A page with a component for each of many documents, which says who is in it. Its address says by whose
 * means: `ours`, `sdk` (`@sanity/sdk-react`) or `context` (everyone in one React context); for `nobody`,
 * a socket hears it all and nothing is shown.
 */
import {
  createContext,
  memo,
  Profiler,
  type ReactNode,
  useContext,
  useEffect,
  useState
} from "react"
import { createRoot } from "react-dom/client"
import {
  ResourceProvider,
  usePresence as useSdkPresence,
  usePresenceForDocument as useSdkPresenceForDocument
} from "@sanity/sdk-react"
import { PresenceProvider, usePresenceForDocument } from "../../src/react/index.ts"
import { documentIdOf, install, isListening, makeTraffic, placeOf } from "./rendersRoom.ts"

/** What was measured while events came in. */
export interface Measured {
  readonly seconds: number
  readonly events: number
  /** Frames that the browser drew. */
  readonly frames: number
  /** By document. */
  readonly renders: ReadonlyArray<number>
  /** By document: how often what is to be seen in it changed. */
  readonly changes: ReadonlyArray<number>
  /** Renders of a component more often than its document had changed until then. */
  readonly needless: number
  /** Renders of a component that had rendered in the same frame already. */
  readonly repeated: number
  /** Milliseconds from one frame to the next, the longest. */
  readonly longestFrame: number
  /** Documents that don't show what they should, a while after the last event. */
  readonly wrong: ReadonlyArray<number>
}

declare global {
  interface Window {
    /** Resolves a while after everyone is shown. */
    readonly prepare: () => Promise<void>
    readonly measure: (options: {
      readonly rate: number
      readonly millis: number
    }) => Promise<Measured>
  }
}

const query = new URLSearchParams(location.search)
const sessions = Number(query.get("sessions"))
const documents = Number(query.get("documents"))
const apiHost = query.get("apiHost") ?? ""
const room = { projectId: "demo", dataset: "demo" }

install()
const traffic = makeTraffic(sessions, documents)

const renders = Array.from({ length: documents }, () => 0)
const rendersBefore = Array.from({ length: documents }, () => 0)
const changesBefore = Array.from({ length: documents }, () => 0)
const lastRender = Array.from({ length: documents }, () => ({ frame: -1, at: -1_000 }))
let needless = 0
let repeated = 0

/** Where no frame is drawn for so long, what waits for one is shown all the same, in milliseconds. */
const withoutFrame = 200

const count = (document: number) => {
  const at = performance.now()
  const frame = Number(window.document.timeline.currentTime)
  const last = lastRender[document]
  if (last?.frame === frame && at - last.at < withoutFrame) repeated += 1
  lastRender[document] = { frame, at }
  const now = (renders[document] ?? 0) + 1
  renders[document] = now
  const since = now - (rendersBefore[document] ?? 0)
  if (since > (traffic.changes[document] ?? 0) - (changesBefore[document] ?? 0)) needless += 1
}

interface Entry {
  readonly sessionId: string
  readonly path: ReadonlyArray<unknown>
  readonly name: string
}

/** The Profiler is inside what is counted: one around it is not told of what a context changes. */
const List = ({
  document,
  people
}: {
  readonly document: number
  readonly people: ReadonlyArray<Entry>
}) => (
  <Profiler id={documentIdOf(document)} onRender={() => count(document)}>
    <p
      data-document={document}
      data-shown={people
        .map(({ path, sessionId }) => placeOf(sessionId, path))
        .toSorted()
        .join(" ")}
    >
      {people.map(({ name }) => name).join(", ")}
    </p>
  </Profiler>
)

interface DocumentProps {
  readonly document: number
}

const Ours = memo(function Ours({ document }: DocumentProps) {
  const { presence } = usePresenceForDocument({ documentId: documentIdOf(document) })
  const people = presence.map((entry) => ({ ...entry, name: entry.user.displayName }))
  return <List document={document} people={people} />
})

const Sdk = memo(function Sdk({ document }: DocumentProps) {
  const { presence } = useSdkPresenceForDocument({
    documentId: documentIdOf(document),
    documentType: "book"
  })
  const people = presence.map((entry) => ({ ...entry, name: entry.user.profile.displayName }))
  return <List document={document} people={people} />
})

/** Whoever has no library: all that comes in goes into one state, and down to everyone. */
const Everyone = createContext<ReadonlyMap<string, Entry & { readonly documentId: string }>>(
  new Map()
)

function EveryoneProvider({ children }: { readonly children: ReactNode }) {
  const [everyone, setEveryone] = useState<
    ReadonlyMap<string, Entry & { readonly documentId: string }>
  >(new Map())
  useEffect(() => {
    const socket = listen()
    socket.addEventListener("message", ({ data }) => {
      const { params } = JSON.parse(data)
      if (params === undefined) return
      const { i: name, m } = params.result
      const { sessionId } = m
      const [{ documentId, path }] = m.locations
      setEveryone((known) => new Map(known).set(sessionId, { sessionId, name, documentId, path }))
    })
    return () => socket.close()
  }, [])
  return <Everyone.Provider value={everyone}>{children}</Everyone.Provider>
}

const InContext = memo(function InContext({ document }: DocumentProps) {
  const everyone = useContext(Everyone)
  const people = Array.from(everyone.values()).filter(
    ({ documentId }) => documentId === `drafts.${documentIdOf(document)}`
  )
  return <List document={document} people={people} />
})

/** Has the SDK connect before there are documents: with them, everyone's joining takes it minutes. */
const SdkRoom = memo(function SdkRoom() {
  const { locations } = useSdkPresence()
  const named = locations.filter(({ user }) => user.profile.displayName.startsWith("User"))
  return <p data-named={named.length} />
})

const all = Array.from({ length: documents }, (_, document) => document)

const each = (Document: typeof Ours) =>
  all.map((document) => <Document key={document} document={document} />)

const ours = (
  <PresenceProvider {...room} apiHost={apiHost} token="p-ada">
    {each(Ours)}
  </PresenceProvider>
)
const context = <EveryoneProvider>{each(InContext)}</EveryoneProvider>
const sdk = (children: ReactNode) => (
  <ResourceProvider {...room} auth={{ token: "p-ada", apiHost }} fallback={<p>…</p>}>
    {children}
  </ResourceProvider>
)

const container = document.getElementById("root")
if (container === null) throw new Error("The page has no element with the id root.")
const root = createRoot(container)

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))
const until = async (isSo: () => boolean) => {
  while (!isSo()) await sleep(10)
}

const wrong = () =>
  all.filter((document) => {
    const element = container.querySelector<HTMLElement>(`[data-document="${document}"]`)
    return element?.dataset["shown"] !== traffic.shown(document)
  })

const isNamed = () =>
  (container.textContent ?? "").includes("User") &&
  !(container.textContent ?? "").includes("p-user")

/** A socket that joins the room, and does with what it hears nothing. */
const listen = () => {
  const socket = new WebSocket("ws://room")
  socket.addEventListener("open", () =>
    socket.send(JSON.stringify({ id: "1", method: "presence_rollcall" }))
  )
  return socket
}

const show = async () => {
  switch (query.get("by")) {
    case "ours": {
      root.render(ours)
      await until(isListening)
      traffic.join()
      await until(() => wrong().length === 0 && isNamed())
      return
    }
    case "context": {
      root.render(context)
      await until(isListening)
      traffic.join()
      await until(() => wrong().length === 0)
      return
    }
    case "nobody": {
      listen()
      await until(isListening)
      traffic.join()
      return
    }
    default: {
      root.render(sdk(<SdkRoom />))
      await until(isListening)
      traffic.join()
      await until(() => container.querySelector(`[data-named="${sessions}"]`) !== null)
      root.render(sdk(each(Sdk)))
      await until(() => wrong().length === 0)
    }
  }
}

const prepare: Window["prepare"] = async () => {
  await show()
  // What is still under way is not what is measured.
  await sleep(500)
}

/** One event per task, as a socket gives them, as many as are due; what can't keep up gets fewer. */
const feed = (rate: number, millis: number) =>
  new Promise<number>((resolve) => {
    const { port1, port2 } = new MessageChannel()
    const start = performance.now()
    let events = 0
    port1.addEventListener("message", () => {
      const elapsed = performance.now() - start
      if (elapsed >= millis) {
        port1.close()
        return resolve(events)
      }
      if (events >= (elapsed / 1_000) * rate) {
        setTimeout(() => port2.postMessage(null), 1)
        return
      }
      traffic.next()
      events += 1
      port2.postMessage(null)
    })
    port1.start()
    port2.postMessage(null)
  })

const measure: Window["measure"] = async ({ millis, rate }) => {
  renders.forEach((value, document) => (rendersBefore[document] = value))
  traffic.changes.forEach((value, document) => (changesBefore[document] = value))
  needless = repeated = 0
  let frames = 0
  let longestFrame = 0
  let lastFrame: number | undefined
  let isMeasuring = true
  const onFrame = (at: number) => {
    if (!isMeasuring) return
    frames += 1
    longestFrame = Math.max(longestFrame, at - (lastFrame ?? at))
    lastFrame = at
    requestAnimationFrame(onFrame)
  }
  requestAnimationFrame(onFrame)
  const start = performance.now()
  const events = await feed(rate, millis)
  const seconds = (performance.now() - start) / 1_000
  isMeasuring = false
  for (let tries = 0; tries < 50 && wrong().length > 0; tries++) await sleep(20)
  return {
    seconds,
    events,
    frames,
    renders: renders.map((value, document) => value - (rendersBefore[document] ?? 0)),
    changes: traffic.changes.map((value, document) => value - (changesBefore[document] ?? 0)),
    needless,
    repeated,
    longestFrame,
    wrong: wrong()
  }
}

Object.assign(window, { prepare, measure })
