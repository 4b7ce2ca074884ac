/** A relay whose one token is good until it is revoked. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth, TokenRefused } from "../../src/relay/RelayAuth.ts"
import { UserId } from "../../src/Session.ts"
import { join } from "../relay/RelayClient.ts"
import { cli } from "./cliProcess.ts"

const user = { id: UserId.make("p-ada"), displayName: "Ada Lovelace" }

/** - `run`: a command in its room. - `revoke`: its token is refused from now on. */
export const revocable = Effect.gen(function* () {
  let isRevoked = false
  const auth = RelayAuth.of({
    authenticate: () =>
      Effect.suspend(() =>
        isRevoked ? Effect.fail(new TokenRefused({ reason: "unknown" })) : Effect.succeed(user)
      ),
    timeToLive: Duration.millis(100),
    profile: () => Effect.succeedNone
  })
  const context = yield* Layer.buildWithScope(
    Relay.layer({ port: 0 }).pipe(Layer.provide(Layer.succeed(RelayAuth, auth))),
    yield* Scope.Scope
  )
  const { url } = yield* Effect.provideContext(Relay, context)
  return {
    /** Waits until somebody has been seen there. */
    seen: Effect.gen(function* () {
      const others = yield* join(url, "p-watcher")
      while ((yield* others.next).type !== "state") continue
    }),
    run: (...args: ReadonlyArray<string>) =>
      cli({ SANITY_API_HOST: url, SANITY_AUTH_TOKEN: "the-one" }, ...args),
    revoke: Effect.sync(() => {
      isRevoked = true
    })
  }
})
