/**
 * What a request for a WebSocket asks for, and who asks. Pure.
 */
import type { IncomingMessage } from "node:http"
import { isIPv6 } from "node:net"
import type { RelaySettings } from "./RelayOptions.ts"
import { projectOfHost, type RoomAddress } from "./RoomAddress.ts"

/** The parts of a request that are read here. */
export type RequestHead = Pick<IncomingMessage, "url" | "headers"> & {
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** The headers that a project is read from, of a request for a WebSocket or over HTTP. */
export interface HostHeaders {
  readonly headers: {
    readonly host?: string | undefined
    readonly "x-forwarded-host"?: string | ReadonlyArray<string> | undefined
  }
}

/** How much of what proxies say is believed. */
export interface ProxyTrust {
  readonly trustedProxies: number
}

const datasetPath = /^\/v[^/]+\/socket\/([^/]+)\/?$/
const canvasPath = /^\/v[^/]+\/socket\/canvases\/([^/]+)\/?$/

const decoded = (part: string | undefined): string | undefined => {
  if (part === undefined) return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/**
 * Of what proxies have listed in a header, each behind those before it, what the outermost trusted one
 * has written. Whatever stands in front of it, anyone could have written.
 */
const forwarded = (
  header: string | ReadonlyArray<string> | undefined,
  { trustedProxies }: ProxyTrust
): string | undefined => {
  if (trustedProxies <= 0) return undefined
  const seen = [header ?? []]
    .flat()
    .join(",")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
  return seen.at(-Math.min(trustedProxies, seen.length))
}

/**
 * The host that a client asked for: what the outermost trusted proxy saw, which has to write it itself.
 *
 * @example
 * hostOf({ headers: { host: "abc123.localhost:4000" }, … }, { trustedProxies: 0 }) // the same
 */
export const hostOf = ({ headers }: HostHeaders, trust: ProxyTrust): string | undefined =>
  forwarded(headers["x-forwarded-host"], trust) ?? headers.host

/**
 * The address that a client has: of those in `X-Forwarded-For`, the one that the outermost trusted
 * proxy saw. Without the port that some
 * proxies write, which would make each connection an address of its own; an IPv4 address is written
 * as one on sockets of IPv6, too.
 *
 * @example
 * // X-Forwarded-For: 6.6.6.6, 203.0.113.7
 * addressOf(request, { trustedProxies: 1 }) // "203.0.113.7"
 */
export const addressOf = ({ headers, socket }: RequestHead, trust: ProxyTrust): string =>
  bareAddress(forwarded(headers["x-forwarded-for"], trust) ?? socket.remoteAddress ?? "")

const bareAddress = (address: string): string => {
  const host =
    /^\[([^\]]*)\](?::\d*)?$/.exec(address)?.[1] ?? address.replace(/^([\d.]+):\d*$/, "$1")
  return host.replace(/^::ffff:(?=[\d.]+$)/i, "")
}

/**
 * What counts as one address: of IPv6 the network, the first 64 bits, for whoever has one has all
 * addresses in it.
 *
 * @example
 * networkOf("2001:db8::7") // "2001:db8:0:0"
 */
export const networkOf = (address: string): string => {
  if (!isIPv6(address)) return address
  const [head = [], tail = []] = address
    .split("::")
    .map((part) => part.split(":").filter((group) => group !== ""))
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0")
  return [...head, ...zeros, ...tail]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")
}

/**
 * The network whose bounds an address falls under: none for this machine's own, for a proxy that is
 * not trusted would be all of them.
 *
 * @example
 * countedNetwork("127.0.0.1") // undefined
 */
export const countedNetwork = (address: string): string | undefined =>
  isLoopback(address) ? undefined : networkOf(address)

/** Whether a request asks for a WebSocket, and not for another protocol. */
export const isForWebSocket = ({ headers }: Pick<RequestHead, "headers">): boolean =>
  headers.upgrade?.toLowerCase() === "websocket"

/** How the project of a request is found. */
type ProjectSettings = ProxyTrust & Pick<RelaySettings, "project" | "projectFromHost">

/** The project of a request: that of its host where a host may name one, else the relay's own. */
export const projectOf = (request: HostHeaders, settings: ProjectSettings): string =>
  (settings.projectFromHost ? projectOfHost(hostOf(request, settings)) : undefined) ??
  settings.project

/** The header in which the relay says, at the address of a room, for which project it takes it. */
export const projectHeader = "sanity-presence-project"

/** The room of a request, or undefined where there is none at its path. */
export const roomOf = (
  request: RequestHead,
  settings: ProjectSettings
): RoomAddress | undefined => {
  const path = request.url?.split("?", 1)[0] ?? ""
  const canvas = decoded(canvasPath.exec(path)?.[1])
  if (canvas !== undefined) return { _tag: "Canvas", canvas }
  const dataset = decoded(datasetPath.exec(path)?.[1])
  if (dataset === undefined) return undefined
  return { _tag: "Dataset", project: projectOf(request, settings), dataset }
}

/** Whether an address is one of this machine's own. */
export const isLoopback = (address: string): boolean =>
  address === "::1" || /^(::ffff:)?127\./.test(address)

/**
 * Whether a page of an origin may connect. Without a list all may; without an origin it is no page.
 * `*` by itself stands for every origin, and within one for a part of it without a dot.
 *
 * @example
 * isAllowedOrigin(["https://*.example.com"], "https://studio.example.com") // true
 */
export const isAllowedOrigin = (
  allowed: ReadonlyArray<string> | undefined,
  origin: string | undefined
): boolean =>
  allowed === undefined ||
  origin === undefined ||
  allowed.some((pattern) => pattern === "*" || matches(pattern.toLowerCase(), origin.toLowerCase()))

const originShape = /^[a-z*][a-z0-9*+.-]*:\/\/(\[[0-9a-f:.*]+\]|[!-~]+?)(:[0-9*]+)?$/i

/** Browsers leave these out. */
const defaultPort = /^(https:.*:443|http:.*:80)$/i

/**
 * Whether some page's `Origin` header may match an entry of the list: it has a scheme and a host, a
 * port where that is not the scheme's own, and nothing behind.
 *
 * @example
 * mayMatchOrigin("https://example.com/") // false
 */
export const mayMatchOrigin = (pattern: string): boolean => {
  if (pattern === "*" || pattern.toLowerCase() === "null") return true
  const host = originShape.exec(pattern)?.[1]
  const isHost = host !== undefined && (host.startsWith("[") || !/[/?#@:\\]/.test(host))
  return isHost && !defaultPort.test(pattern)
}

/** By hand: a regular expression with several wildcards takes minutes for an origin made for it. */
const matches = (pattern: string, origin: string): boolean => {
  let at = 0
  let star: number | undefined
  let starEnd = 0
  let p = 0
  while (at < origin.length) {
    if (pattern[p] === "*" && isWild(origin[at])) {
      star = p++
      starEnd = ++at
    } else if (p < pattern.length && pattern[p] !== "*" && pattern[p] === origin[at]) {
      p++
      at++
    } else if (star !== undefined && isWild(origin[starEnd])) {
      // A dot ends what an earlier wildcard could take as well: only the last has to be longer.
      p = star + 1
      at = ++starEnd
    } else {
      return false
    }
  }
  return p === pattern.length
}

const isWild = (character: string | undefined): boolean =>
  character !== undefined && character !== "." && character !== "/"
