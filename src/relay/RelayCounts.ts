/**
 * What the relay counts. Plain numbers: they are written on the hot path and read a few times a
 * minute.
 */

/** Why a connection, a session or a message was turned away. */
export type Refusal =
  | "origin"
  | "address"
  | "connections"
  | "room"
  | "rooms"
  | "sessions-per-connection"
  | "sessions-per-user"
  | "frame-size"
  | "unauthorized"
  | "authorization-timeout"
  | "revoked"
  | "draining"
  | "slow-reader"
  | "dead"
  | "requests"

/**
 * Counts since the relay has started.
 *
 * @example
 * counts.refuse("origin")
 */
export class RelayCounts {
  /** Frames that clients sent. */
  received = 0
  /** Events that were published, each once, however many received them. */
  events = 0
  /** Events handed to the socket of a receiver. */
  deliveries = 0
  /** Writes that carried them. */
  writes = 0
  /** Announces that took the place of an earlier one that was still to be published. */
  conflated = 0
  /** The same for a single receiver that was slow. */
  conflatedForSlow = 0
  /** Roll calls that were answered from the table. */
  rollCalls = 0
  /** Messages of other nodes that could not be read. */
  unreadable = 0
  /** Connections that were opened. */
  opened = 0
  readonly refusals = new Map<Refusal, number>()

  refuse(reason: Refusal): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1)
  }
}
