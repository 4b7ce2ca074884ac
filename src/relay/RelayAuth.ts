/**
 * Who a token belongs to, and whether they may enter.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type AuthUnavailable, TokenRefused } from "./auth/AuthError.ts"
import {
  authenticateDevelopment,
  developmentUser,
  isDevelopmentUserId
} from "./auth/DevelopmentTokens.ts"
import type { RelayUser } from "./auth/RelayUser.ts"
import type { RoomAddress } from "./RoomAddress.ts"

export { AuthUnavailable, TokenRefused } from "./auth/AuthError.ts"
export type { RelayUser } from "./auth/RelayUser.ts"

/**
 * What a token is wanted for: a room, or a project as such, which is asked for over HTTP, where
 * no dataset is named.
 */
export type AuthScope = RoomAddress | { readonly _tag: "Project"; readonly project: string }

/**
 * Who may learn the profiles of others.
 *
 * - `public`: anyone; they are invented.
 * - `members`: whoever has a token that is accepted.
 * - `none`: this auth knows no profiles, clients ask Sanity.
 */
export type Directory = "public" | "members" | "none"

/**
 * Finds the user of a token.
 *
 * @example
 * const auth = yield* RelayAuth
 * const room = { _tag: "Dataset", project: "demo", dataset: "production" } as const
 * const user = yield* auth.authenticate(Redacted.make("p-ada-lovelace"), room)
 * user.displayName // "Ada Lovelace"
 */
export class RelayAuth extends Context.Service<
  RelayAuth,
  {
    /**
     * The user who may enter there. Refuses the token with {@link TokenRefused}; fails with
     * {@link AuthUnavailable} where that can't be known for now.
     *
     * It is called for each connection, at once for all that show the same token: an auth that asks
     * elsewhere asks once for all of them.
     */
    readonly authenticate: (
      token: Redacted.Redacted,
      scope: AuthScope
    ) => Effect.Effect<RelayUser, TokenRefused | AuthUnavailable>
    /**
     * For how long an answer may be relied on. Whoever stays longer is asked for again, so that a token
     * which was revoked ends what was opened with it. Infinity where nothing is revoked.
     */
    readonly timeToLive: Duration.Duration
    /** The user of an id, where there is a directory of people. */
    readonly profile: (id: string) => Effect.Effect<Option.Option<RelayUser>>
    /** Who may ask for profiles over HTTP. `members` unless set. */
    readonly directory?: Directory
  }
>()("effect-sanity-presence/relay/RelayAuth") {
  /**
   * Development only: a token is the user id that it names, and anyone may name anyone.
   *
   * @example
   * Relay.layer({ port: 4000 }).pipe(Layer.provide(RelayAuth.layerDevelopment))
   */
  static readonly layerDevelopment: Layer.Layer<RelayAuth> = Layer.sync(RelayAuth, () =>
    RelayAuth.of({
      authenticate: authenticateDevelopment,
      timeToLive: Duration.infinity,
      profile: (id) =>
        Effect.succeed(isDevelopmentUserId(id) ? Option.some(developmentUser(id)) : Option.none()),
      directory: "public"
    })
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
