/**
 * Remembers what was found out about tokens.
 */
import * as Cache from "effect/Cache"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { AuthUnavailable, TokenRefused } from "./AuthError.ts"
import type { RelayUser } from "./RelayUser.ts"

type Answer = Effect.Effect<RelayUser, TokenRefused | AuthUnavailable>

/** How an answer is found. It holds the token, so it travels beside the key, which is kept. */
class Question extends Context.Service<Question, Answer>()(
  "effect-sanity-presence/relay/auth/Question"
) {}

/** For how long nobody is asked again after there was no answer. */
const unavailableTimeToLive = Duration.seconds(1)

/** How much is remembered, and for how long. */
export interface TokenCacheOptions {
  /** Of answers, and of refusals. */
  readonly capacity: number
  readonly timeToLive: Duration.Duration
  readonly refusalTimeToLive: Duration.Duration
}

/**
 * Gives the answer that is remembered under a key, or asks. Concurrent calls with the same key ask
 * once. Refusals have a cache of their own: bad tokens do not drive the good ones out.
 *
 * @example
 * const remember = yield* makeTokenCache({ capacity: 100, timeToLive, refusalTimeToLive })
 * const user = yield* remember(key, ask)
 */
export const makeTokenCache = Effect.fnUntraced(function* (options: TokenCacheOptions) {
  const { capacity, refusalTimeToLive, timeToLive } = options

  const refused = yield* Cache.makeWith(
    (_key: string) => Effect.flatten(Question.use(Effect.succeed)),
    {
      capacity,
      requireServicesAt: "lookup",
      timeToLive: (exit: Exit.Exit<RelayUser, TokenRefused | AuthUnavailable>) =>
        Option.match(Exit.findErrorOption(exit), {
          onNone: () => Duration.zero,
          onSome: ({ _tag }) =>
            _tag === "TokenRefused" ? refusalTimeToLive : unavailableTimeToLive
        })
    }
  )
  const accepted = yield* Cache.makeWith((key: string) => Cache.get(refused, key), {
    capacity,
    requireServicesAt: "lookup",
    timeToLive: (exit) => (Exit.isSuccess(exit) ? timeToLive : Duration.zero)
  })
  return (key: string, question: Answer): Answer =>
    Effect.provideService(Cache.get(accepted, key), Question, question)
})
