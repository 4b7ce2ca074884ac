/**
 * What the end of a connection means: whether to try again, and what to tell a person. Pure.
 */
import type { SocketError } from "effect/socket/Socket"
import type { TransportError } from "../Transport.ts"
import { CloseCode } from "./JsonRpc.ts"

/**
 * - `Lost`: may be well again next time. `reason` is the middle of a sentence.
 * - `Unauthorized`: the token was refused or is needed; nothing to try until it changes. `reason` is
 *   the middle of a sentence.
 * - `Failed`: nothing to try until something changes. `reason` is a sentence that says what.
 */
export interface ConnectionEnd {
  readonly _tag: "Lost" | "Unauthorized" | "Failed"
  readonly reason: string
}

/** An end after which it is worth trying again. */
export const lost = (reason: string): ConnectionEnd => ({ _tag: "Lost", reason })

const unauthorized = (reason: string): ConnectionEnd => ({ _tag: "Unauthorized", reason })

/**
 * @param host named to the person where it could not be reached
 *
 * @example
 * fromSocketError("abc123.api.sanity.io")(error) // { _tag: "Lost", reason: "…" }
 */
export const fromSocketError =
  (host: string) =>
  ({ reason }: SocketError): ConnectionEnd => {
    switch (reason._tag) {
      case "SocketCloseError":
        return fromClose(reason.code, reason.closeReason ?? "")
      case "SocketOpenError":
        return lost(
          reason.kind === "Timeout" ? `${host} did not answer` : `${host} could not be reached`
        )
      default:
        return lost("the connection broke")
    }
  }

const fromClose = (code: number, detail: string): ConnectionEnd => {
  const said = detail === "" ? "" : `: ${detail}`
  switch (code) {
    case CloseCode.unauthorized:
      return unauthorized(detail === "" ? "the service closed the connection" : detail)
    case CloseCode.badRequest:
      return {
        _tag: "Failed",
        reason: `The presence service refused the connection as a bad request${said}. Check the project id, the dataset and the version of this library.`
      }
    case CloseCode.notFound:
      return {
        _tag: "Failed",
        reason: `The presence service knows no such project or dataset${said}. Check the project id and the dataset.`
      }
    case 1006:
      return lost("the connection broke")
    default:
      return lost(`the service closed the connection, code ${code}${said}`)
  }
}

/** A refused authorization is final; one that was not answered is not. */
export const fromAuthorization = ({ reason }: TransportError): ConnectionEnd =>
  reason._tag === "Rejected" ? unauthorized(reason.detail) : lost(reason.message)

/** Where there is no token, a refused subscription means that one is needed. */
export const fromSubscription =
  (hasToken: boolean) =>
  ({ reason }: TransportError): ConnectionEnd =>
    reason._tag === "Rejected" && !hasToken
      ? unauthorized(`there is none, and the service says: ${reason.detail}`)
      : lost(reason.message)
