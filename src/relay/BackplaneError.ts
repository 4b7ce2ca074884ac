/**
 * Why a backplane could not start.
 */
import * as Schema from "effect/Schema"

/** Whether a failure is that the server has no TLS, as the client of NATS says it. */
export const isWithoutTls = (message: string): boolean =>
  /does not support 'tls'|'tls' is not available/.test(message)

/**
 * A backplane could not start.
 *
 * @example
 * Effect.catchTag("BackplaneError", (error) => Console.error(error.message))
 */
export class BackplaneError extends Schema.TaggedError<BackplaneError>()("BackplaneError", {
  /**
   * - `client-missing`: `@nats-io/transport-node` is not installed.
   * - `option`: the options contradict each other or make no sense.
   * - `file`: a file that an option names cannot be read.
   * - `credentials`: the server refused them, or they are no such thing.
   * - `tls`: server and relay do not agree on TLS, or a certificate is not trusted.
   * - `no-nats`: what answered is no NATS server.
   * - `unreachable`: nothing answered. No layer fails with it: the relay starts alone and goes on
   *   trying.
   */
  reason: Schema.Literals([
    "client-missing",
    "option",
    "file",
    "credentials",
    "tls",
    "no-nats",
    "unreachable"
  ]),
  /** What was found, never a secret. */
  detail: Schema.String
}) {
  override get message() {
    switch (this.reason) {
      case "client-missing":
        return `Several nodes need the client of NATS (${this.detail}). Install it beside this package: npm install @nats-io/transport-node@3.`
      case "option":
        return this.detail
      case "file":
        return `${this.detail}. Check the path, and that the relay may read the file.`
      case "credentials":
        return `NATS refused the relay: ${this.detail}. Check user and password, token, credentials file or nkey (--nats-user, --nats-password-file, --nats-token-file, --nats-credentials-file, --nats-nkey-file) against the server's configuration.`
      case "tls":
        return isWithoutTls(this.detail)
          ? `No TLS connection with NATS: ${this.detail}. Set up TLS at the server; or, where the network between is yours alone, connect with nats:// and without settings of TLS (--nats-tls-…).`
          : `No TLS connection with NATS: ${this.detail}. Name the certificate authority of the server (ca, --nats-tls-ca), the relay's own cert and key where the server asks for them (--nats-tls-cert, --nats-tls-key), and connect by a name that is in its certificate.`
      case "no-nats":
        return `This is no NATS server: ${this.detail}. Give the client port of nats-server (4222 by default), not its monitoring or cluster port; where the server starts with TLS, set handshakeFirst (--nats-tls-first yes).`
      case "unreachable":
        return `NATS does not answer: ${this.detail}. Start nats-server, or check the address and the firewall.`
    }
  }
}

/** What Node or the client of NATS said of a failure, for people to read. */
export const describeFailure = (failure: unknown): string => {
  if (!(failure instanceof Error)) return "no reason given"
  // Node packs the failures of several addresses of one name into one without a message.
  if (failure instanceof AggregateError && failure.message === "") {
    return describeFailure(failure.errors[0])
  }
  return failure.message === "" ? failure.name : failure.message
}
