import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { parseTokens } from "../../../src/relay/auth/TokensFile.ts"
import { UserId } from "../../../src/Session.ts"

const secret = "correct-horse-battery"
// printf %s correct-horse-battery | sha256sum
const secretHash = "62249369389075490555a758353aec61500c6218fa597252d52dc4bd0148f12d"
// Of another token.
const hash = "ab".repeat(32)

const parse = (content: unknown) =>
  parseTokens(
    "tokens.json",
    Redacted.make(typeof content === "string" ? content : JSON.stringify(content))
  )

const errorOf = (content: unknown) => {
  const result = parse(content)
  if (Result.isSuccess(result)) throw new Error("it was understood")
  return result.failure
}

const tokens = (...entries: ReadonlyArray<unknown>) => ({ tokens: entries })

describe("a tokens file", () => {
  it("may hold tokens and hashes of tokens", () => {
    const file = Result.getOrThrow(
      parse(
        tokens(
          { token: secret, user: "p-ada", displayName: " Ada Lovelace ", email: "ada@example.com" },
          { sha256: hash.toUpperCase(), user: "p-bob", projects: ["abc123"] }
        )
      )
    )
    assert.strictEqual(file.grants.size, 2)
    assert.deepEqual(file.grants.get(hash)?.projects, ["abc123"])
    assert.deepEqual(Object.fromEntries(file.users), {
      "p-ada": { id: UserId.make("p-ada"), displayName: "Ada Lovelace", email: "ada@example.com" },
      "p-bob": { id: UserId.make("p-bob"), displayName: "p-bob" }
    })
  })

  it("may hold nobody, and several tokens of one user", () => {
    assert.strictEqual(Result.getOrThrow(parse(tokens())).grants.size, 0)
    const two = tokens({ token: secret, user: "p-ada" }, { sha256: hash, user: "p-ada" })
    assert.strictEqual(Result.getOrThrow(parse(two)).users.size, 1)
  })

  const wrong: ReadonlyArray<readonly [string, unknown, ReadonlyArray<string>]> = [
    ["a short token", tokens({ token: "secret-short", user: "p-ada" }), ["tokens[0].token", "16"]],
    ["a token with spaces", tokens({ token: `${secret} x`, user: "p" }), ["tokens[0].token"]],
    ["a hash that is none", tokens({ sha256: secret, user: "p" }), ["tokens[0].sha256", "64"]],
    ["no token", tokens({ user: "p-ada" }), ["tokens[0]", "either a token or a sha256"]],
    [
      "a token and a hash",
      tokens({ token: secret, sha256: hash, user: "p-ada" }),
      ["tokens[0]", "either a token or a sha256"]
    ],
    ["no user", tokens({ sha256: hash }), ["tokens[0].user"]],
    ["a list for a user", tokens({ sha256: hash, user: "a,b" }), ["tokens[0].user", "letters"]],
    ["no date", tokens({ sha256: hash, user: "p", expiresAt: "soon" }), ["expiresAt", "ISO 8601"]],
    [
      "a misspelt limit, which would open every project",
      tokens({ token: secret, user: "p-ada" }, { sha256: hash, user: "p-bob", project: ["abc"] }),
      ["tokens[1].project"]
    ],
    ["another form", [secret], ["the file"]],
    ["no tokens", { token: [secret] }, ["tokens"]]
  ]
  it.each(wrong)("says where there is %s, and repeats nothing", (_, content, parts) => {
    const error = errorOf(content)
    assert.strictEqual(error.reason, "invalid")
    for (const part of ["tokens.json", ...parts]) assert.include(error.message, part)
    assert.notInclude(JSON.stringify(error) + String(error), secret)
    assert.notInclude(error.message, "secret-short")
  })

  it.each([
    { [secret]: "p-ada" },
    tokens({ [secret]: "p-ada" }),
    { tokens: { [secret]: "p-ada" } },
    tokens(secret),
    tokens({ token: [secret], user: "p-ada" }),
    tokens({ token: { [secret]: 1 }, user: secret, expiresAt: secret, projects: secret })
  ])("of another form is not repeated: case %#", (content) => {
    const error = errorOf(content)
    assert.strictEqual(error.reason, "invalid")
    assert.notInclude(JSON.stringify(error) + String(error), secret)
  })

  it("names every mistake at once", () => {
    const error = errorOf(tokens({ user: "a b" }, { token: "short", user: "p-ada" }))
    assert.include(error.message, "tokens[0].user")
    assert.include(error.message, "tokens[1].token")
  })

  it("holds a token once, as itself or as its hash", () => {
    const error = errorOf(
      tokens(
        { token: secret, user: "p-ada" },
        { sha256: "0".repeat(64), user: "p-bob" },
        { sha256: secretHash, user: "p-cyd" }
      )
    )
    assert.strictEqual(error.reason, "duplicate")
    assert.include(error.message, "tokens[0] and tokens[2]")
    assert.notInclude(error.message, secret)
  })

  it("that is no JSON is said to break off there, without a word of it", () => {
    const error = errorOf(`{\n "tokens": [{"token": "${secret}" "user"`)
    assert.strictEqual(error.reason, "json")
    assert.include(error.message, "line 2 column")
    assert.notInclude(JSON.stringify(error), secret.slice(0, 5))
  })
})
