/**
 * The state of the connection, as a person needs it told. Pure.
 */

/**
 * How the connection is.
 *
 * - `Connecting`: an attempt is under way that follows no loss of a connection.
 * - `Connected`: everything received is current. `since` in epoch milliseconds; `generation`
 *   counts the connections of this session, from 1.
 * - `Reconnecting`: the connection was lost or could not be made; attempt number `attempt` comes at
 *   `retryAt` (epoch milliseconds).
 * - `Offline`: the machine says it has no network; when it has, the next attempt comes at once.
 * - `Unauthorized`: the token was refused; nothing is tried until it changes.
 * - `Failed`: trying again is pointless until something changes; `reason` says what.
 * - `Paused`: the page is hidden away; presence comes back when it is shown.
 * - `Closed`: the scope of the connection has ended.
 */
export type ConnectionStatus =
  | { readonly _tag: "Connecting" }
  | { readonly _tag: "Connected"; readonly generation: number; readonly since: number }
  | {
      readonly _tag: "Reconnecting"
      readonly attempt: number
      readonly retryAt: number
      readonly reason: string
    }
  | { readonly _tag: "Offline" }
  | { readonly _tag: "Unauthorized"; readonly reason: string }
  | { readonly _tag: "Failed"; readonly reason: string }
  | { readonly _tag: "Paused" }
  | { readonly _tag: "Closed" }

/** The status before anything has happened. */
export const connecting: ConnectionStatus = { _tag: "Connecting" }

/** The status of a page that is hidden away. */
export const paused: ConnectionStatus = { _tag: "Paused" }

/** The status after the scope has ended. */
export const closed: ConnectionStatus = { _tag: "Closed" }

/**
 * Whether nothing more is tried until a person or the app changes something.
 *
 * @example
 * if (ConnectionStatus.isPermanent(status)) showError(status.reason)
 */
export const isPermanent = (
  status: ConnectionStatus
): status is Extract<ConnectionStatus, { _tag: "Unauthorized" | "Failed" }> =>
  status._tag === "Unauthorized" || status._tag === "Failed"

/**
 * The status in a sentence for a person: what is the case and, where something must be done, what.
 *
 * @example
 * describe({ _tag: "Offline" }) // "You are offline. Presence comes back with the network."
 */
export const describe = (status: ConnectionStatus): string => {
  switch (status._tag) {
    case "Connecting":
      return "Connecting…"
    case "Connected":
      return "Connected."
    case "Reconnecting":
      return `Not connected: ${status.reason}. It is tried again by itself.`
    case "Offline":
      return "You are offline. Presence comes back with the network."
    case "Unauthorized":
      return status.reason.endsWith(".")
        ? `The token was refused. ${status.reason}`
        : `The token was refused: ${status.reason}. Sign in again, or give a token that is valid for this project.`
    case "Failed":
      return status.reason
    case "Paused":
      return "Paused while the page is hidden."
    case "Closed":
      return "Disconnected."
  }
}
