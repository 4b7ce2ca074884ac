/**
 * The token to authorize with, and its changes.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SubscriptionRef from "effect/SubscriptionRef"

/** A token, or none. Redacted, so that it reaches no log. */
export type Token = Option.Option<Redacted.Redacted<string>>

/** What is shorter is a name in development and may be a word; tokens of Sanity have 80 and more. */
const shortestSecret = 16

/** Takes tokens out of a text: what a server says may repeat them. */
export const withoutTokens = (text: string, tokens: ReadonlyArray<Token>): string =>
  tokens.reduce((safe, token) => {
    const secret = Option.match(token, { onNone: () => "", onSome: Redacted.value })
    return secret.length >= shortestSecret ? safe.replaceAll(secret, "<token>") : safe
  }, text)

/** A token was asked for, and there was no answer to use. */
export class TokenUnavailable extends Schema.TaggedError<TokenUnavailable>()("TokenUnavailable", {
  /** Why, without the token or anything that may hold it. */
  detail: Schema.String
}) {
  override get message() {
    return `no token could be had: ${this.detail}`
  }
}

/**
 * The token, and its changes. None means that the connection authorizes by other means (cookies) or
 * not at all.
 *
 * @example
 * const layer = Auth.layerToken("…")
 */
export class Auth extends Context.Service<
  Auth,
  {
    /** The latest. A change is acted on at once: on the live connection, where there is one. */
    readonly token: SubscriptionRef.SubscriptionRef<Token>
    /**
     * The token for an attempt to connect. It is asked for on every attempt, and once more when a token
     * was refused; what it gives is in `token` then.
     */
    readonly ask: Effect.Effect<Token, TokenUnavailable>
  }
>()("effect-sanity-presence/Auth") {
  /**
   * Always this token.
   *
   * @example
   * const layer = Auth.layerToken(robotToken)
   */
  static layerToken(token: string | Redacted.Redacted<string>): Layer.Layer<Auth> {
    const redacted = Redacted.isRedacted(token) ? token : Redacted.make(token)
    return layerFixed(Effect.succeed(Option.some(redacted)))
  }

  /** No token: whoever is signed in by a cookie, or nobody. */
  static readonly layerNone: Layer.Layer<Auth> = Layer.suspend(() =>
    layerFixed(Effect.succeed(Option.none()))
  )

  /**
   * The token that a ref holds: whoever signs people in and out sets it.
   *
   * @example
   * const token = yield* SubscriptionRef.make<Token>(Option.none())
   * const layer = Auth.layerRef(token)
   */
  static layerRef(token: SubscriptionRef.SubscriptionRef<Token>): Layer.Layer<Auth> {
    return Layer.succeed(Auth, fromRef(token))
  }
}

/** The token that a ref holds. */
const fromRef = (token: SubscriptionRef.SubscriptionRef<Token>): Auth["Service"] =>
  Auth.of({ token, ask: SubscriptionRef.get(token) })

/** Always the token that this effect gives when the layer is built. */
export const layerFixed = <E>(token: Effect.Effect<Token, E>): Layer.Layer<Auth, E> =>
  Layer.effect(
    Auth,
    Effect.flatMap(token, (value) => Effect.map(SubscriptionRef.make<Token>(value), fromRef))
  )
