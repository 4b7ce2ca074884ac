/**
 * Why a relay could not start.
 */
import * as Schema from "effect/Schema"

/**
 * A relay could not start.
 *
 * @example
 * Effect.catchTag("RelayError", (error) => Console.error(error.message))
 */
export class RelayError extends Schema.TaggedError<RelayError>()("RelayError", {
  /**
   * - `port-in-use`: something else listens there.
   * - `not-permitted`: the system does not let this process listen there.
   * - `host`: the host is no address of this machine.
   * - `port`: the port is no number from 0 to 65535.
   * - `option`: an option makes no sense; `detail` says which, and what it may be.
   * - `unknown`: anything else; `cause` has it.
   */
  reason: Schema.Literals(["port-in-use", "not-permitted", "host", "port", "option", "unknown"]),
  /** The host that it was to listen on. */
  host: Schema.String,
  /** The port that it was to listen on. */
  port: Schema.Finite,
  /** Which option, and what it may be. */
  detail: Schema.optionalKey(Schema.String),
  /** What Node said. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    switch (this.reason) {
      case "port-in-use":
        return `Port ${this.port} on ${this.host} is in use. Stop what listens there, or take another port: --port ${this.port + 1}, or --port 0 for any free one.`
      case "not-permitted":
        return `The system does not let this process listen on port ${this.port}. Take a port from 1024 up: --port 4000.`
      case "host":
        return `${this.host} is no address of this machine. Take --host 127.0.0.1, or --host 0.0.0.0 for every network.`
      case "port":
        return `${this.port} is no port. Take a whole number from 0 to 65535; 0 is any free port.`
      case "option":
        return this.detail ?? "An option of the relay makes no sense."
      case "unknown":
        return `The relay could not listen on ${this.host}, port ${this.port}: ${describe(this.cause)}.`
    }
  }
}

const describe = (cause: unknown): string => (cause instanceof Error ? cause.message : "no reason")

const reasonOfCode: { readonly [code: string]: RelayError["reason"] } = {
  EADDRINUSE: "port-in-use",
  EACCES: "not-permitted",
  EPERM: "not-permitted",
  EADDRNOTAVAIL: "host",
  ENOTFOUND: "host",
  EAI_AGAIN: "host"
}

/** A {@link RelayError} from what Node reported. */
export const fromListenError = (host: string, port: number, cause: unknown): RelayError => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  return new RelayError({ reason: reasonOfCode[code] ?? "unknown", host, port, cause })
}
