/**
 * What can be set on a relay, and every default in one place.
 */
import * as Duration from "effect/Duration"

/**
 * The settings of a relay; all may be left out.
 *
 * @example
 * const options: RelayOptions = { port: 4000, rollCall: "forward" }
 */
export interface RelayOptions {
  /**
   * The address to listen on. `127.0.0.1` by default: only this machine. `0.0.0.0` lets the
   * network in, which with development tokens means anyone as anyone.
   */
  readonly host?: string | undefined
  /** The port to listen on, 0 to 65535; 0 takes a free one. 4000 by default. */
  readonly port?: number | undefined
  /**
   * The project of requests whose host names none, `demo` by default. The first label of a host
   * with a dot in it names one: `abc123.localhost` is project `abc123`. So is `presence` in
   * `presence.example.com`: serve a relay of several projects under `<projectId>.<domain>`.
   */
  readonly project?: string | undefined
  /**
   * Who answers a roll call. `table`, the default: the relay, to the caller only, which spares a
   * room of N sessions N answers to everyone. `forward`: every session, as with the hosted
   * service; for tests of clients.
   */
  readonly rollCall?: "table" | "forward" | undefined
  /**
   * How often a heartbeat goes to every connection. 20 s by default: clients announce every 30 s,
   * so the longest silence that a client sees stays well under the 45 s at which it doubts a
   * connection.
   */
  readonly heartbeatInterval?: Duration.Input | undefined
  /**
   * How long a connection may stay open without an accepted authorization; it is closed with 4001
   * then. 10 s by default, which is what clients wait for the answer.
   */
  readonly authorizationTimeout?: Duration.Input | undefined
  /**
   * The largest frame that is read, in bytes; a larger one closes its connection with 1009.
   * 256 KiB by default: about a thousand locations in one announce.
   */
  readonly maxFrameSize?: number | undefined
}

/** {@link RelayOptions} with every default filled in. */
export interface RelaySettings {
  readonly host: string
  readonly port: number
  readonly project: string
  readonly rollCall: "table" | "forward"
  readonly heartbeatInterval: Duration.Duration
  readonly authorizationTimeout: Duration.Duration
  readonly maxFrameSize: number
}

/** Fills in the defaults. */
export const resolveOptions = (options: RelayOptions): RelaySettings => ({
  host: options.host ?? "127.0.0.1",
  port: options.port ?? 4000,
  project: options.project ?? "demo",
  rollCall: options.rollCall ?? "table",
  heartbeatInterval: Duration.fromInputUnsafe(options.heartbeatInterval ?? "20 seconds"),
  authorizationTimeout: Duration.fromInputUnsafe(options.authorizationTimeout ?? "10 seconds"),
  maxFrameSize: options.maxFrameSize ?? 256 * 1024
})
