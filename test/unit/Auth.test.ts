import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Auth, AuthConfig, type Token } from "../../src/index.ts"

const tokenOf = <E>(layer: Layer.Layer<Auth, E>) =>
  Auth.use(({ token }) => SubscriptionRef.get(token)).pipe(
    Effect.map((token) => Option.getOrUndefined(Option.map(token, Redacted.value))),
    Effect.provide(layer)
  )

const withEnv = (env: Record<string, string>) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

describe("Auth", () => {
  it.effect("[C6] holds a fixed token, none, or that of the environment", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* tokenOf(Auth.layerToken("unseen-t1")), "unseen-t1")
      assert.strictEqual(yield* tokenOf(Auth.layerToken(Redacted.make("unseen-t2"))), "unseen-t2")
      assert.isUndefined(yield* tokenOf(Auth.layerNone))
      const fromConfig = tokenOf(AuthConfig.layer())
      assert.strictEqual(
        yield* fromConfig.pipe(withEnv({ SANITY_AUTH_TOKEN: "unseen-t3" })),
        "unseen-t3"
      )
      assert.isUndefined(yield* fromConfig.pipe(withEnv({})))
    })
  )

  it.effect("shares the ref of whoever signs people in and out", () =>
    Effect.gen(function* () {
      const ref = yield* SubscriptionRef.make<Token>(Option.none())
      const { token } = yield* Effect.provide(Auth.use(Effect.succeed), Auth.layerRef(ref))
      assert.strictEqual(token, ref)
    })
  )

  it("never shows a token when it is printed", () => {
    const token: Token = Option.some(Redacted.make("secret"))
    assert.notInclude(`${String(token)} ${JSON.stringify(token)}`, "secret")
  })
})
