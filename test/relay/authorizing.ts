/** Tests against a relay whose auth is the test's own. */
import { it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Relay } from "../../src/relay/Relay.ts"
import {
  type AuthUnavailable,
  RelayAuth,
  type RelayUser,
  type TokenRefused
} from "../../src/relay/RelayAuth.ts"
import type { RelayOptions } from "../../src/relay/RelayOptions.ts"
import { UserId } from "../../src/Session.ts"

export type Authenticate = (
  token: string,
  user: Effect.Effect<RelayUser>
) => Effect.Effect<RelayUser, TokenRefused | AuthUnavailable>

/** A test against a relay whose tokens name their user, where `authenticate` lets them. */
export const authorizing = (
  name: string,
  authenticate: () => Authenticate,
  test: (url: string) => Effect.Effect<void, unknown, Scope.Scope>,
  options: RelayOptions & { readonly timeToLive?: Duration.Input } = {}
) =>
  it.live(name, () => {
    const decide = authenticate()
    const auth = RelayAuth.of({
      authenticate: (redacted) => {
        const token = Redacted.value(redacted)
        return decide(token, Effect.succeed({ id: UserId.make(token), displayName: token }))
      },
      timeToLive: Duration.fromInputUnsafe(options.timeToLive ?? "1 hour"),
      profile: () => Effect.succeedNone
    })
    const relay = Relay.layer({
      port: 0,
      announceInterval: 0,
      batchInterval: 0,
      returnGrace: 0,
      ...options
    }).pipe(Layer.provide(Layer.succeed(RelayAuth, auth)))
    return Relay.use(({ url }) => Effect.scoped(test(url))).pipe(Effect.provide(relay))
  })

/** Tokens that start with `slow` are never decided. */
export const slow = (): Authenticate => (token, user) =>
  token.startsWith("slow") ? Effect.never : user
