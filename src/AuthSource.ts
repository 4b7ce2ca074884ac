/**
 * Tokens that come from elsewhere and change: apart from {@link Auth}, so that whoever has a fixed one
 * does not load this.
 */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Auth, type Token, TokenUnavailable } from "./Auth.ts"
import { PresenceConfig } from "./PresenceConfig.ts"

/** A token as an app has it; undefined is none. */
export type TokenInput = string | Redacted.Redacted<string> | undefined

/** An empty token is none. */
const toToken = (input: TokenInput): Token =>
  input === undefined || input === "" || input === null
    ? Option.none()
    : Option.some(Redacted.isRedacted(input) ? input : Redacted.make(input))

const store = (ref: SubscriptionRef.SubscriptionRef<Token>, token: Token): Effect.Effect<void> =>
  SubscriptionRef.updateSome(ref, (current) =>
    Equal.equals(current, token) ? Option.none() : Option.some(token)
  )

/** Says what failed without the cause itself, which may hold a token. */
const toUnavailable = (error: unknown): TokenUnavailable =>
  new TokenUnavailable({ detail: error instanceof Error ? error.name : "the effect failed" })

/**
 * The token that an effect gives. It runs on every attempt to connect, once more when a token was
 * refused, and every `every` (never, unless given): before its tokens expire, for instance. While it
 * fails or does not end, the connection is tried again with its usual waits.
 *
 * @example
 * const layer = AuthSource.layerRefresh(fetchToken, { every: "50 minutes" })
 */
export const layerRefresh = <E, R>(
  refresh: Effect.Effect<TokenInput, E, R>,
  options: { readonly every?: Duration.Input | undefined } = {}
): Layer.Layer<Auth, never, R> =>
  Layer.effect(
    Auth,
    Effect.gen(function* () {
      const context = yield* Effect.context<R>()
      const token = yield* SubscriptionRef.make<Token>(Option.none())
      const { authorizeTimeout } = yield* PresenceConfig
      const oneAtATime = yield* Semaphore.make(1)
      const ask = Effect.provideContext(refresh, context).pipe(
        Effect.mapError(toUnavailable),
        // A defect or an interruption in it is its own affair; the connection goes on.
        Effect.exit,
        Effect.flatMap((exit) =>
          Exit.isSuccess(exit)
            ? Effect.succeed(exit.value)
            : Effect.fail(
                Option.getOrElse(Exit.findErrorOption(exit), () => toUnavailable(undefined))
              )
        ),
        // Within the permit: one that hangs must not keep all later ones from being asked.
        Effect.timeoutOrElse({
          duration: authorizeTimeout,
          orElse: () => Effect.fail(new TokenUnavailable({ detail: "it did not come in time" }))
        }),
        Effect.map(toToken),
        Effect.tap((next) => store(token, next)),
        oneAtATime.withPermits(1)
      )
      if (options.every !== undefined) {
        yield* Effect.ignore(ask).pipe(
          Effect.schedule(Schedule.spaced(options.every)),
          Effect.forkScoped
        )
      }
      return Auth.of({ token, ask })
    })
  )

/**
 * The tokens of a stream, each from the moment it comes. Nothing is tried before the first.
 *
 * @example
 * const layer = AuthSource.layerStream(session.tokens)
 */
export const layerStream = <E, R>(
  tokens: Stream.Stream<TokenInput, E, R>
): Layer.Layer<Auth, never, R> =>
  Layer.effect(
    Auth,
    Effect.gen(function* () {
      const token = yield* SubscriptionRef.make<Token>(Option.none())
      const first = yield* Deferred.make<void, TokenUnavailable>()
      const follow = tokens.pipe(
        Stream.runForEach((next) =>
          Effect.andThen(store(token, toToken(next)), Deferred.succeed(first, undefined))
        ),
        Effect.catch((error) => Deferred.fail(first, toUnavailable(error)))
      )
      yield* Effect.forkScoped(follow)
      return Auth.of({
        token,
        ask: Effect.andThen(Deferred.await(first), SubscriptionRef.get(token))
      })
    })
  )
