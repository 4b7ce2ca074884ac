/**
 * Who a token belongs to.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { UserId } from "../Session.ts"
import type { RoomAddress } from "./RoomAddress.ts"

/** The user of a connection or a request. */
export interface RelayUser {
  readonly id: UserId
  /** For people to read, for instance `Ada Lovelace`. */
  readonly displayName: string
}

/**
 * A token was refused.
 *
 * - `missing`: there was none.
 * - `malformed`: it is no development token.
 * - `sanity-token`: it looks like a real one, which development must not see.
 */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", {
  reason: Schema.Literals(["missing", "malformed", "sanity-token"])
}) {
  override get message() {
    switch (this.reason) {
      case "missing":
        return "No token: send it as `Authorization: Bearer <token>`. On a development relay it is the name of a user, for example p-ada-lovelace."
      case "malformed":
        return "This is no development token. Use the name of a user: 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first, for example p-ada-lovelace."
      case "sanity-token":
        return "This looks like a real Sanity token. The relay accepts development tokens only: use the name of a user, for example p-ada-lovelace, and keep the real token to yourself."
    }
  }
}

const developmentToken = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Whether a user id could have come from a development token. */
export const isDevelopmentUserId = (id: string): id is UserId => developmentToken.test(id)

const looksLikeSanityToken = (token: string): boolean => token.startsWith("sk") && token.length > 40

/**
 * A name to show for a user id: without the `p-` or `g-` in front, one word per part.
 *
 * @example
 * displayNameOf("p-ada-lovelace") // "Ada Lovelace"
 */
export const displayNameOf = (userId: string): string => {
  const words = userId
    .replace(/^[pg]-/, "")
    .split(/[-_.]+/)
    .filter((word) => word !== "")
  if (words.length === 0) return userId
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ")
}

const authenticateDevelopment = (
  token: Redacted.Redacted
): Effect.Effect<RelayUser, TokenRefused> => {
  const value = Redacted.value(token)
  if (looksLikeSanityToken(value)) {
    return Effect.fail(new TokenRefused({ reason: "sanity-token" }))
  }
  if (!isDevelopmentUserId(value)) {
    return Effect.fail(new TokenRefused({ reason: value === "" ? "missing" : "malformed" }))
  }
  return Effect.succeed({ id: value, displayName: displayNameOf(value) })
}

/**
 * Finds the user of a token, or refuses it with {@link TokenRefused}.
 *
 * @example
 * const auth = yield* RelayAuth
 * const user = yield* auth.authenticate(Redacted.make("p-ada-lovelace"))
 * user.displayName // "Ada Lovelace"
 */
export class RelayAuth extends Context.Service<
  RelayAuth,
  {
    readonly authenticate: (
      token: Redacted.Redacted,
      room: RoomAddress
    ) => Effect.Effect<RelayUser, TokenRefused>
    readonly timeToLive: Duration.Duration
  }
>()("effect-sanity-presence/relay/RelayAuth") {
  /**
   * Development only: a token is the user id that it names, and anyone may name anyone.
   *
   * @example
   * Relay.layer({ port: 4000 }).pipe(Layer.provide(RelayAuth.layerDevelopment))
   */
  static readonly layerDevelopment: Layer.Layer<RelayAuth> = Layer.succeed(
    RelayAuth,
    RelayAuth.of({ authenticate: authenticateDevelopment, timeToLive: Duration.infinity })
  )
}

/** The token in an `Authorization` header or parameter, or {@link TokenRefused} without one. */
export const bearerToken = (authorization = ""): Effect.Effect<Redacted.Redacted, TokenRefused> => {
  const token = /^\s*bearer\s/i.test(authorization)
    ? authorization.trim().slice("bearer".length).trim()
    : ""
  return token === ""
    ? Effect.fail(new TokenRefused({ reason: "missing" }))
    : Effect.succeed(Redacted.make(token))
}
