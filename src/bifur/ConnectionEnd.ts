/**
 * What the end of a connection means: whether to try again, and what to tell a person. Pure.
 */
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
  /** No socket opened, and the environment does not say why. */
  readonly isUnexplained?: boolean | undefined
  /**
   * The server sends away for a while: those who go together must not all come back at once.
   * `restart` sends everyone, `busy` may be for one alone.
   */
  readonly sentAway?: "restart" | "busy" | undefined
}

/** An end after which it is worth trying again. */
export const lost = (reason: string): ConnectionEnd => ({ _tag: "Lost", reason })

const unauthorized = (reason: string): ConnectionEnd => ({ _tag: "Unauthorized", reason })

/** An open connection is gone, and nobody said why. */
export const broken = lost("the connection broke")

/** The server did not take the connection in time. `url`: its host is named to the person. */
export const unanswered = (url: string): ConnectionEnd =>
  lost(`${new URL(url).host} did not answer`)

/** Node.js before 22 has none. */
export const noWebSocket: ConnectionEnd = {
  _tag: "Failed",
  reason:
    "There is no WebSocket here. Use Node.js 22.12 or newer, or give one with `BifurTransport.layerWebSocket`."
}

/** No connection could be made. `url`: its host is named to the person. */
export const unreachable = (url: string): ConnectionEnd => ({
  ...lost(`${new URL(url).host} could not be reached`),
  isUnexplained: true
})

/**
 * What a close frame means.
 *
 * @example
 * fromClose(4001, "token expired") // { _tag: "Unauthorized", reason: "token expired" }
 */
export const fromClose = (code: number, detail: string): ConnectionEnd => {
  const why = detail === "" ? "" : `: ${detail}`
  switch (code) {
    case CloseCode.unauthorized:
      return unauthorized(detail === "" ? "the service closed the connection" : detail)
    case CloseCode.badRequest:
      return {
        _tag: "Failed",
        reason: `The presence service refused the connection as a bad request${why}. Check the project id, the dataset and the version of this library.`
      }
    case CloseCode.notFound:
      return {
        _tag: "Failed",
        reason: `The presence service knows no such project or dataset${why}. Check the project id and the dataset.`
      }
    case 1006:
      return broken
    // By IANA's registry of close codes: service restart, try again later.
    case 1012:
      return { ...lost(`the service restarts, code ${code}${why}`), sentAway: "restart" }
    case 1013:
      return { ...lost(`the service is busy, code ${code}${why}`), sentAway: "busy" }
    default:
      return lost(`the service closed the connection, code ${code}${why}`)
  }
}

/** What a server says is shown to people: no essay. */
const said = (detail: string): string =>
  detail.length > maxDetail ? `${detail.slice(0, maxDetail)}…` : detail
const maxDetail = 300

/** An error's sentence as the middle of another. */
const lostBy = ({ reason }: TransportError): ConnectionEnd =>
  lost(said(reason.message).replace(/\.$/, ""))

/** A refused authorization is final; one that was not answered is not. */
export const fromAuthorization = (error: TransportError): ConnectionEnd =>
  error.reason._tag === "Rejected" ? unauthorized(said(error.reason.detail)) : lostBy(error)

/** Where there is no token, a refused subscription means that one is needed. */
export const fromSubscription =
  (hasToken: boolean) =>
  (error: TransportError): ConnectionEnd =>
    error.reason._tag === "Rejected" && !hasToken
      ? unauthorized(
          `none was given, and the service wants one (${said(error.reason.detail).replace(/\.$/, "")})`
        )
      : lostBy(error)

/**
 * What an HTTP answer to the opening of a socket means. It may come from anything in between, a proxy
 * or a server that is being deployed: only a refused token is final.
 *
 * @param host named to the person
 *
 * @example
 * fromHttpStatus("abc123.api.sanity.io", 503, true) // { _tag: "Lost", reason: "…" }
 */
export const fromHttpStatus = (host: string, status: number, hasToken: boolean): ConnectionEnd => {
  const answer = `${host} answers with HTTP ${status}`
  if (status === 401) {
    return hasToken
      ? unauthorized(answer)
      : lost(`${answer}: it lets nobody in without other credentials`)
  }
  if (status === 403) {
    return lost(
      `${answer}: it does not let this token, or this page, in. Check who may read the project`
    )
  }
  if (status === 404) {
    return lost(`${answer}. Check the project id, the dataset and the API host`)
  }
  if (status === 429) return lost(`${answer}: too many requests at the moment`)
  if (status >= 500) return lost(`${answer}: it is not available at the moment`)
  if (status >= 300 && status < 400) {
    return lost(
      `${host} sends elsewhere (HTTP ${status}). Give the address that it leads to as the API host`
    )
  }
  return lost(`${host} answers, but opens no WebSocket. Something in between may not let it pass`)
}

/** Whatever else there is, is a relay. */
const ofSanity = /\.sanity\.(io|work)$/

/**
 * A server that lets pages of this origin read none of its answers.
 *
 * @example
 * pageRefused("abc123.api.sanity.io", "https://app.example.com") // { _tag: "Lost", reason: "…" }
 */
export const pageRefused = (host: string, origin: string): ConnectionEnd =>
  lost(
    `${host} does not let pages of ${origin} in. Add that origin${
      ofSanity.test(host)
        ? ", with credentials, to the CORS origins of the project, on sanity.io/manage"
        : " to those that the relay allows (--allowed-origins)"
    }`
  )
