/** The page without any library: what comes in for its document is written there, at once. */
import { Method } from "../../../src/bifur/BifurEvent.ts"
import { encodeRequest } from "../../../src/bifur/JsonRpc.ts"
import type { Commit } from "./ours.tsx"

const query = new URLSearchParams(location.search)
const documentId = query.get("documentId") ?? ""
const apiHost = query.get("apiHost") ?? ""
const dataset = query.get("dataset") ?? ""

const container = document.getElementById("root")
if (container === null) throw new Error("The page has no element with the id root.")

const own = { sessionId: "page", locations: [] }
const sessions = new Set<string>()
const commits: Array<Commit> = []

const socket = new WebSocket(`${apiHost.replace(/^http/, "ws")}/v2022-06-30/socket/${dataset}`)
const request = (method: string, params: { readonly [key: string]: unknown }) =>
  socket.send(encodeRequest(method, method, params))

socket.addEventListener("open", () => {
  request(Method.authorization, { authorization: "Bearer p-page" })
  request(Method.subscribe, {})
  request(Method.announce, { data: own })
  request(Method.rollCall, { session: own.sessionId })
})
socket.addEventListener("message", ({ data }) => {
  // Anything but JSON is a heartbeat.
  if (!data.startsWith("{")) return
  const event = JSON.parse(data).params?.result
  if (event?.type !== "state" || event.m.sessionId === own.sessionId) return
  sessions.add(event.m.sessionId)
  const place = event.m.locations[0]
  if (place?.documentId !== documentId) return
  container.textContent = String(place.path[0])
  commits.push({ move: Number(container.textContent), at: performance.now() })
})

Object.assign(window, { others: () => sessions.size, commits: () => commits })
