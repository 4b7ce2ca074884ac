/**
 * Tokens for development: each is the user id that it names. Pure but for the errors.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { UserId } from "../../Session.ts"
import { TokenRefused } from "./AuthError.ts"
import type { RelayUser } from "./RelayUser.ts"

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

/** The user of an id, with an invented name and address. */
export const developmentUser = (id: UserId): RelayUser => {
  const displayName = displayNameOf(id)
  const email = `${displayName.toLowerCase().replaceAll(" ", ".")}@example.com`
  return { id, displayName, email }
}

/** The user that a development token names. */
export const authenticateDevelopment = (
  token: Redacted.Redacted
): Effect.Effect<RelayUser, TokenRefused> => {
  const value = Redacted.value(token)
  if (looksLikeSanityToken(value)) {
    return Effect.fail(new TokenRefused({ reason: "sanity-token" }))
  }
  if (!isDevelopmentUserId(value)) {
    return Effect.fail(new TokenRefused({ reason: value === "" ? "missing" : "malformed" }))
  }
  return Effect.succeed(developmentUser(value))
}
