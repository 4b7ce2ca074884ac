/**
 * Why a token was not accepted. No message holds a token.
 */
import * as Schema from "effect/Schema"

/**
 * A token was refused: the same token is refused again until something changes.
 *
 * @example
 * Effect.catchTag("TokenRefused", ({ message }) => answer(401, message))
 */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", {
  /**
   * - `missing`: there was none.
   * - `malformed`: it is no development token.
   * - `sanity-token`: it looks like a real one, which development must not see.
   * - `unknown`: the tokens file does not list it.
   * - `expired`: the tokens file lists it with an `expiresAt` that has passed.
   * - `unauthorized`: Sanity does not accept it.
   * - `not-a-member`: Sanity knows its user, who may not enter this project or canvas.
   * - `wrong-project`, `wrong-canvas`: the token, or the whole relay, is not for this one.
   */
  reason: Schema.Literals([
    "missing",
    "malformed",
    "sanity-token",
    "unknown",
    "expired",
    "unauthorized",
    "not-a-member",
    "wrong-project",
    "wrong-canvas"
  ]),
  /** What the relay took the project to be. */
  project: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return this.reason === "wrong-project" ? wrongProject(this.project) : refusals[this.reason]
  }
}

/** What may be repeated of a project's id: whoever connects writes it into the Host header. */
const presentable = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

const wrongProject = (project = ""): string => {
  const named = presentable.test(project) ? `the project ${project}` : "another project"
  return `The relay took this to be for ${named}, which it, or your token, does not serve. The first label of the host name that you connect to is the project, else the relay's own (--project): check both.`
}

const refusals: {
  readonly [Reason in Exclude<TokenRefused["reason"], "wrong-project">]: string
} = {
  missing: "No token: send it as `Authorization: Bearer <token>`.",
  malformed:
    "This is no development token. Use the name of a user: 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first, for example p-ada-lovelace.",
  "sanity-token":
    "This looks like a real Sanity token. The relay accepts development tokens only: use the name of a user, for example p-ada-lovelace, and keep the real token to yourself.",
  unknown:
    "This relay does not know this token. Ask whoever runs the relay for one; it may have been replaced.",
  expired: "This token has expired. Ask whoever runs the relay for a new one.",
  unauthorized: "Sanity does not accept this token. Sign in again, or make a new token.",
  "not-a-member":
    "The user of this token may not enter here. Ask for access to the project or the canvas, or check its id; a token of a project must come from that project.",
  "wrong-canvas":
    "This is not for this canvas. Check the canvas id; the relay, or your token, serves others."
}

/**
 * Whether a token is good could not be found out. It is no refusal: the same token may be accepted
 * in a moment.
 *
 * @example
 * Effect.catchTag("AuthUnavailable", ({ message }) => answer(503, message))
 */
export class AuthUnavailable extends Schema.TaggedError<AuthUnavailable>()("AuthUnavailable", {
  /**
   * - `unreachable`: there was no answer.
   * - `timeout`: there was none in time.
   * - `rate-limited`: Sanity takes no more requests for now.
   * - `failed`: the answer was an error, `status`, or none that makes sense.
   */
  reason: Schema.Literals(["unreachable", "timeout", "rate-limited", "failed"]),
  /** The HTTP status of the answer, where there was one. */
  status: Schema.optionalKey(Schema.Finite)
}) {
  override get message() {
    const why = this.status === undefined ? this.reason : `${this.reason}, HTTP ${this.status}`
    return `Nobody could be asked about this token (${why}). Try again in a moment.`
  }
}
