/**
 * What the relay counts. Plain numbers: they are written on the hot path and read a few times a
 * minute.
 */

/**
 * Why a connection, a session or a message was turned away, or a connection ended.
 *
 * - `origin`, `address`, `connections`, `user`, `room`, `rooms`, `draining`: a connection was not let in.
 * - `sockets`: a socket was not taken, before it could say what it wants; `handshake-timeout`: it took too
 *   long to say so.
 * - `sessions-per-connection`, `sessions-per-user`, `bytes-per-user`: a session, or a change of it, was not taken.
 * - `unauthorized`: a token was refused; `revoked`: one that had been accepted.
 * - `frame-size`, `authorization-timeout`, `slow-reader`, `requests`: a connection was closed.
 * - `dead`: a connection gave no sign of life.
 */
export const refusalReasons = [
  "sockets",
  "handshake-timeout",
  "origin",
  "address",
  "connections",
  "user",
  "room",
  "rooms",
  "sessions-per-connection",
  "sessions-per-user",
  "bytes-per-user",
  "frame-size",
  "unauthorized",
  "authorization-timeout",
  "revoked",
  "draining",
  "slow-reader",
  "dead",
  "requests"
] as const

/** One of {@link refusalReasons}. */
export type Refusal = (typeof refusalReasons)[number]

/** Why it could not be decided whether a token is good; the same as of `AuthUnavailable`. */
export const undecidedReasons = ["unreachable", "timeout", "rate-limited", "failed"] as const

/** One of {@link undecidedReasons}. */
export type Undecided = (typeof undecidedReasons)[number]

const presentable = /^[!-~]{1,100}$/

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
  /** Times that a connection was not read for a while, as its user had sent more bytes than are read of one. */
  pauses = 0
  /** The same, as it had sent more requests than are read in a second. */
  pausesForRequests = 0
  /** Roll calls that were answered from the table. */
  rollCalls = 0
  /** Messages of other nodes that could not be read. */
  unreadable = 0
  /** Connections that were opened. */
  opened = 0
  /** By reason; each is there from the start. */
  readonly refusals = new Map<Refusal, number>(refusalReasons.map((reason) => [reason, 0]))

  /** Tokens that were shown, or checked again, and could not be decided; each reason from the start. */
  readonly undecided = new Map<Undecided, number>(undecidedReasons.map((reason) => [reason, 0]))

  undecide(reason: Undecided): void {
    this.undecided.set(reason, (this.undecided.get(reason) ?? 0) + 1)
  }

  /** The last origin that was refused, as far as it can be shown: anyone may write anything there. */
  refusedOrigin: string | undefined

  refuseOrigin(origin = ""): void {
    this.refuse("origin")
    this.refusedOrigin = presentable.test(origin) ? origin : undefined
  }

  refuse(reason: Refusal): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1)
  }
}
