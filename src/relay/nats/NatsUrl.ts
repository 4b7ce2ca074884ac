/**
 * Addresses of NATS servers. Pure.
 */
import * as Result from "effect/Result"

/** A server, and what its URL says beside the address. */
export interface NatsServer {
  readonly host: string
  readonly port: number
  /** Whether the URL asks for TLS (`tls://`). */
  readonly isTls: boolean
  /** A user name; without a password it is a token, as NATS reads it. */
  readonly user: string | undefined
  readonly password: string | undefined
}

const defaultPort = 4222
const schemes: ReadonlySet<string> = new Set(["nats:", "tls:"])

const decode = (part: string): string | undefined => {
  if (part === "") return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    // A percent sign that nobody escaped means itself.
    return part
  }
}

/**
 * Reads `nats://host:port`, `tls://…`, or `host:port`, with `user:password@` or `token@` in front
 * of the host. The failure says what is wrong and repeats nothing of the URL: it may hold a secret.
 *
 * @example
 * parseNatsUrl("nats://nats.internal") // { host: "nats.internal", port: 4222, … }
 */
export const parseNatsUrl = (input: string): Result.Result<NatsServer, string> => {
  const text = input.trim()
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `nats://${text}`
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined
  if (url === undefined || url.hostname === "") return Result.fail("is no URL")
  if (url.protocol === "ws:" || url.protocol === "wss:") {
    return Result.fail("is a WebSocket, which is not supported")
  }
  if (!schemes.has(url.protocol)) return Result.fail("has an unknown scheme")
  if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    return Result.fail("has something behind the port")
  }
  if (url.port === "0") return Result.fail("has the port 0")
  return Result.succeed({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? defaultPort : Number(url.port),
    isTls: url.protocol === "tls:",
    user: decode(url.username),
    password: decode(url.password)
  })
}
