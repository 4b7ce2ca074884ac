/**
 * Whether a NATS server answers at an address.
 */
import { connect as connectTcp, type Socket } from "node:net"
import { connect as connectTls, type ConnectionOptions } from "node:tls"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { BackplaneError, describeFailure, isWithoutTls } from "../BackplaneError.ts"
import { hostPort } from "../hostPort.ts"
import type { NatsServer } from "./NatsUrl.ts"

/** Whether Node reports a failure of TLS rather than of the network. */
export const isTlsFailure = (failure: unknown): boolean => {
  if (!(failure instanceof Error)) return false
  const code = "code" in failure ? String(failure.code) : ""
  return (
    /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/.test(code) ||
    isWithoutTls(failure.message)
  )
}

/** What a server says of itself as it greets whoever connects: `INFO` and JSON, one line. */
export interface Greeting {
  /** Whether it asks for a certificate of the client. */
  readonly asksForCertificate: boolean
}

const opening = "INFO "
/** No greeting is longer; what comes from elsewhere must not fill the memory. */
const maxGreeting = 64 * 1024

const Info = Schema.fromJsonString(
  Schema.Struct({ tls_verify: Schema.optionalKey(Schema.Boolean) })
)
const decodeInfo = Schema.decodeUnknownOption(Info)

/** The greeting, "no-nats" for what can't be one, undefined for the beginning of one. */
const readGreeting = (heard: string): Greeting | "no-nats" | undefined => {
  const end = heard.indexOf("\r\n")
  const isOne = heard.startsWith(opening) || (end === -1 && opening.startsWith(heard))
  if (!isOne || heard.length > maxGreeting) return "no-nats"
  if (end === -1) return undefined
  return Option.match(decodeInfo(heard.slice(opening.length, end)), {
    onNone: () => "no-nats" as const,
    onSome: ({ tls_verify = false }) => ({ asksForCertificate: tls_verify })
  })
}

/**
 * Waits for the greeting of a NATS server, and hangs up; fails where none comes in time (ms).
 *
 * The client of NATS leaves the socket of an attempt that timed out open, and there is no way to
 * end an attempt under way: a server that accepts and then says nothing would cost a socket per
 * attempt. So the client only ever dials who has just greeted.
 *
 * @example
 * yield* probe({ host: "127.0.0.1", port: 4222 }, 5_000)
 */
export const probe = (
  server: Pick<NatsServer, "host" | "port">,
  timeout: number,
  /** Where TLS comes before the greeting. */
  tls?: ConnectionOptions
): Effect.Effect<Greeting, BackplaneError> => {
  const { host, port } = server
  const at = hostPort(server)
  const fail = (reason: BackplaneError["reason"], detail: string) =>
    Effect.fail(new BackplaneError({ reason, detail: `${at}: ${detail}` }))
  const open = Effect.try({
    try: () =>
      tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls }),
    // Node throws at a certificate that it cannot read.
    catch: (error) => new BackplaneError({ reason: "tls", detail: describeFailure(error) })
  })
  const listen = (socket: Socket) =>
    Effect.callback<Greeting, BackplaneError>((resume) => {
      let heard = ""
      socket.on("data", (bytes: Buffer) => {
        heard += bytes.toString("latin1")
        const greeting = readGreeting(heard)
        if (greeting === "no-nats") resume(fail("no-nats", "something else answered"))
        else if (greeting !== undefined) resume(Effect.succeed(greeting))
      })
      socket.on("error", (error) =>
        resume(fail(isTlsFailure(error) ? "tls" : "unreachable", describeFailure(error)))
      )
      socket.on("close", () => resume(fail("unreachable", "it hung up without a word")))
    })
  return Effect.acquireUseRelease(open, listen, (socket) =>
    Effect.sync(() => void socket.destroy())
  ).pipe(
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => fail("unreachable", `no greeting within ${timeout} ms`)
    })
  )
}
