import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { displayNameOf } from "../../src/relay/auth/DevelopmentTokens.ts"
import { bearerToken, RelayAuth } from "../../src/relay/RelayAuth.ts"
import { UserId } from "../../src/Session.ts"

const room = { _tag: "Dataset", project: "demo", dataset: "production" } as const

const ada = {
  id: UserId.make("p-ada-lovelace"),
  displayName: "Ada Lovelace",
  email: "ada.lovelace@example.com"
}

const authenticate = (token: string) =>
  RelayAuth.use((auth) => auth.authenticate(Redacted.make(token), room)).pipe(
    Effect.provide(RelayAuth.layerDevelopment)
  )

describe("development tokens", () => {
  it.effect("name their user", () =>
    Effect.gen(function* () {
      const user = yield* authenticate("p-ada-lovelace")
      assert.deepStrictEqual(user, ada)
    })
  )

  it.effect.each(["-eve", "ada lovelace", "ada/../x", "a".repeat(65), "adä"])(
    "refuse %s without repeating it",
    (token) =>
      Effect.gen(function* () {
        const refused = yield* Effect.flip(authenticate(token))
        assert.strictEqual(refused.reason, "malformed")
        assert.notInclude(refused.message, token)
      })
  )

  it.effect.each([39, 62, 180])("refuse a real token, sk and %s more, without repeating it", (n) =>
    Effect.gen(function* () {
      const token = `sk${"aB3".repeat(n).slice(0, n)}`
      const refused = yield* Effect.flip(authenticate(token))
      assert.strictEqual(refused.reason, "sanity-token")
      assert.include(refused.message, "real Sanity token")
      assert.notInclude(JSON.stringify(refused) + String(refused), token)
    })
  )

  it.effect("are never revoked, and anyone may ask who anyone is", () =>
    Effect.gen(function* () {
      const auth = yield* RelayAuth
      assert.isFalse(Duration.isFinite(auth.timeToLive))
      assert.deepStrictEqual(yield* auth.profile(ada.id), Option.some(ada))
      assert.deepStrictEqual(yield* auth.profile("no one"), Option.none())
      assert.strictEqual(auth.directory, "public")
    }).pipe(Effect.provide(RelayAuth.layerDevelopment))
  )

  it.effect("may start with sk where they are short", () =>
    Effect.map(authenticate("skyler"), (user) => assert.strictEqual(user.id, "skyler"))
  )

  it.each([
    ["p-ada-lovelace", "Ada Lovelace"],
    ["g-grace.hopper", "Grace Hopper"],
    ["alan_turing", "Alan Turing"],
    ["pAbc123", "PAbc123"],
    ["p-", "p-"]
  ])("show %s as %s", (id, name) => {
    assert.strictEqual(displayNameOf(id), name)
  })
})

describe("an Authorization header", () => {
  it.effect.each(["Bearer p-ada", "bearer   p-ada ", " BEARER p-ada"])(
    "holds a token: %s",
    (header) =>
      Effect.map(bearerToken(header), (token) => assert.strictEqual(Redacted.value(token), "p-ada"))
  )

  it.effect.each([undefined, "", "Bearer", "Bearer  ", "Basic p-ada", "Bearerp-ada"])(
    "holds none: %s",
    (header) =>
      Effect.map(Effect.flip(bearerToken(header)), ({ reason }) =>
        assert.strictEqual(reason, "missing")
      )
  )

  it.effect("with spaces in the token is malformed, not missing", () =>
    Effect.gen(function* () {
      const token = yield* bearerToken("Bearer not a token")
      const refused = yield* Effect.flip(authenticate(Redacted.value(token)))
      assert.strictEqual(refused.reason, "malformed")
    })
  )
})
