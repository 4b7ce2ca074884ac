/**
 * The way to a server below the WebSocket: its name, TCP, TLS, the HTTP upgrade.
 */
import { randomBytes } from "node:crypto"
import { lookup } from "node:dns/promises"
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http"
import { request as httpsRequest } from "node:https"
import { connect, isIP, type Socket } from "node:net"
import { connect as tlsConnect, type TLSSocket } from "node:tls"
import * as Effect from "effect/Effect"
import { fromHttpStatus } from "../../bifur/ConnectionEnd.ts"
import { stepFailed, type StepFailed } from "./Step.ts"

/** Where to, as an address says it. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
}

/** @param url `ws:` or `wss:` */
export const endpointOf = ({ hostname, port, protocol }: URL): Endpoint => {
  const isTls = protocol === "wss:"
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (isTls ? 443 : 80) : Number(port),
    isTls
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : ""
/** OpenSSL says in its message where in its own code something was wrong, and the rest as a reason. */
const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.message
}

/** The addresses of a name. */
export const resolveName = ({ host }: Endpoint): Effect.Effect<ReadonlyArray<string>, StepFailed> =>
  isIP(host) > 0
    ? Effect.succeed([host])
    : Effect.tryPromise({
        try: () => lookup(host, { all: true }),
        catch: (error) =>
          codeOf(error) === "ENOTFOUND"
            ? stepFailed(
                `There is no host named ${host}.`,
                "Check the project id and the API host. A project of Sanity is at <project id>.api.sanity.io."
              )
            : stepFailed(
                `The name ${host} could not be looked up (${codeOf(error) || messageOf(error)}).`,
                "Check the network, and which name server this machine asks."
              )
      }).pipe(Effect.map((addresses) => addresses.map(({ address }) => address)))

const proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] as const

/** WebSockets of Node go past proxies, which is not what whoever sets one expects. */
const proxyAdvice = (): string =>
  proxies.some((name) => process.env[name])
    ? " This machine has a proxy in its variables; WebSockets of Node do not use it."
    : ""

/** What a socket that is being opened comes to. */
const settled = <A extends Socket>(
  open: () => A,
  event: "connect" | "secureConnect",
  explain: (error: unknown) => StepFailed
): Effect.Effect<A, StepFailed> =>
  Effect.callback((resume) => {
    const socket = open()
    socket.once(event, () => resume(Effect.succeed(socket)))
    socket.on("error", (error) => resume(Effect.fail(explain(error))))
    return Effect.sync(() => socket.destroy())
  })

const destroy = (socket: Socket): Effect.Effect<void> => Effect.sync(() => socket.destroy())

/** Whether anybody listens. Gives the address that was reached. */
export const reach = ({ host, port }: Endpoint): Effect.Effect<string, StepFailed> =>
  settled(
    () => connect({ host, port }),
    "connect",
    (error) => {
      // Several addresses were tried: each has an error of its own.
      const code = codeOf(error)
      return code === "ECONNREFUSED"
        ? stepFailed(
            `Nobody listens on ${host}, port ${port}.`,
            `Check the address. A relay is started with sanity-presence relay --auth development.${proxyAdvice()}`
          )
        : stepFailed(
            `${host}, port ${port}, cannot be reached (${code || messageOf(error)}).`,
            `Check the network and the firewall.${proxyAdvice()}`
          )
    }
  ).pipe(
    Effect.flatMap((socket) =>
      Effect.as(destroy(socket), `${socket.remoteAddress ?? host} port ${port}`)
    )
  )

const tlsText = (socket: TLSSocket): string => {
  const { valid_to: validTo } = socket.getPeerCertificate()
  return `${socket.getProtocol() ?? "TLS"}, certificate valid to ${validTo}`
}

/** Whether the server is who it says it is. */
export const secure = ({ host, port }: Endpoint): Effect.Effect<string, StepFailed> =>
  settled(
    () => tlsConnect({ host, port, ...(isIP(host) > 0 ? {} : { servername: host }) }),
    "secureConnect",
    (error) =>
      stepFailed(
        `TLS with ${host} fails: ${messageOf(error).trim().replace(/\.$/, "")}.`,
        codeOf(error).startsWith("ERR_SSL") || codeOf(error) === "EPROTO"
          ? "That port does not speak TLS: give the API host with http://, or the port that does."
          : "Check the certificate and this machine's clock. For one of your own set NODE_EXTRA_CA_CERTS."
      )
  ).pipe(Effect.flatMap((socket) => Effect.as(destroy(socket), tlsText(socket))))

const answerOf = (request: ClientRequest): Effect.Effect<number, Error> =>
  Effect.callback((resume) => {
    const answered = ({ statusCode = 0 }: IncomingMessage) => {
      request.destroy()
      resume(Effect.succeed(statusCode))
    }
    request.once("upgrade", (response, socket) => {
      socket.destroy()
      answered(response)
    })
    request.once("response", answered)
    request.on("error", (error) => resume(Effect.fail(error)))
    request.end()
    return Effect.sync(() => request.destroy())
  })

const switchingProtocols = 101

/** Whether the server opens a WebSocket at this address: a WebSocket itself never says why not. */
export const upgrade = (url: URL, hasToken: boolean): Effect.Effect<number, StepFailed> => {
  const target = new URL(url)
  target.protocol = url.protocol === "wss:" ? "https:" : "http:"
  const open = target.protocol === "https:" ? httpsRequest : httpRequest
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64")
  }
  return Effect.suspend(() => answerOf(open(target, { headers }))).pipe(
    Effect.mapError((error) =>
      stepFailed(
        `The connection broke off before there was an answer (${codeOf(error) || error.message}).`,
        "Something in between may not let WebSockets pass. For a relay behind a proxy see docs/relay-operations.md."
      )
    ),
    Effect.flatMap((status) => {
      if (status === switchingProtocols) return Effect.succeed(status)
      const { _tag, reason } = fromHttpStatus(url.host, status, hasToken)
      return Effect.fail(
        stepFailed(
          `No WebSocket was opened: HTTP ${status}.`,
          `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
          _tag === "Unauthorized" ? "unauthorized" : "failed"
        )
      )
    })
  )
}
