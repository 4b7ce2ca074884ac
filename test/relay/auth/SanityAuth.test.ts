import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { layerSanity, type SanityAuthOptions } from "../../../src/relay/auth/SanityAuth.ts"
import { type AuthScope, RelayAuth } from "../../../src/relay/RelayAuth.ts"
import { type Answer, type Asked, notAMember, type SanityApi, sanityApi } from "./sanityApi.ts"

const room: AuthScope = { _tag: "Dataset", project: "abc123", dataset: "production" }
const canvas: AuthScope = { _tag: "Canvas", canvas: "c1" }

const me = {
  id: "pAda",
  name: "Ada Lovelace",
  email: "ada@example.com",
  profileImage: "https://example.com/ada.png",
  role: "editor",
  roles: [{ name: "editor", title: "Editor" }]
}

const ada = {
  id: "pAda",
  displayName: "Ada Lovelace",
  email: "ada@example.com",
  imageUrl: "https://example.com/ada.png"
}

/** What her project answers about itself. */
const project = { id: "abc123", members: [{ id: "pX" }, { id: "pAda", isCurrentUser: true }] }

const asMember = ({ path }: Asked): Answer => ({ body: path.endsWith("/users/me") ? me : project })

/** Ada, for the token `good`; a stranger for any other. */
const onlyGood =
  (answer: (asked: Asked) => Answer = asMember) =>
  (asked: Asked): Answer =>
    asked.token === "good" ? answer(asked) : { status: 401, body: { message: "no" } }

interface Auth {
  readonly api: SanityApi
  readonly ask: (
    token?: string,
    scope?: AuthScope
  ) => Effect.Effect<
    unknown,
    { readonly _tag: string; readonly reason: string; readonly message: string }
  >
  readonly service: RelayAuth["Service"]
}

const withAuth = (
  test: (auth: Auth) => Effect.Effect<void, unknown, Scope.Scope>,
  options: SanityAuthOptions = {}
) =>
  Effect.gen(function* () {
    const api = yield* sanityApi
    api.answer(onlyGood())
    const context = yield* Layer.build(layerSanity({ apiHost: api.url, ...options }))
    const service = yield* Effect.provide(RelayAuth.use(Effect.succeed), context)
    yield* test({
      api,
      service,
      ask: (token = "good", scope = room) => service.authenticate(Redacted.make(token), scope)
    })
  }).pipe(Effect.scoped)

/** Time stands still in these unless a test moves it; the requests are real ones. */
const live = (name: string, ...test: Parameters<typeof withAuth>) =>
  it.effect(name, () => withAuth(...test))

const paths = ({ asked }: SanityApi): ReadonlyArray<string> => asked.map(({ path }) => path)

/** Of these, how often it was asked whose a token is. */
const questions = (api: SanityApi): ReadonlyArray<string> =>
  paths(api).filter((path) => path.endsWith("/users/me"))

describe("Sanity accepts", () => {
  live("a project user whom the project lists", ({ api, ask }) =>
    Effect.gen(function* () {
      assert.deepEqual(yield* ask(), ada)
      const token = "good"
      assert.deepStrictEqual(api.asked, [
        { path: "/v2021-06-07/users/me", project: "abc123", token },
        { path: "/v2021-06-07/projects/abc123", project: "abc123", token }
      ])
    })
  )

  live("anyone else only if the project lists them", ({ api, ask }) =>
    Effect.gen(function* () {
      const global = { id: "gAda", name: "Ada", roles: [{ name: "administrator" }] }
      api.answer(({ path }) => (path.endsWith("/users/me") ? { body: global } : { body: project }))
      assert.deepEqual(yield* ask(), { id: "gAda", displayName: "Ada" })
      assert.deepStrictEqual(paths(api), ["/v2021-06-07/users/me", "/v2021-06-07/projects/abc123"])
    })
  )

  live("whoever may read the canvas", ({ api, ask }) =>
    Effect.gen(function* () {
      api.answer(({ path }) =>
        path.endsWith("/users/me") ? { body: me } : { body: { id: "c1", organizationId: "o1" } }
      )
      assert.deepEqual(yield* ask("good", canvas), ada)
      assert.deepStrictEqual(paths(api), ["/v2021-06-07/users/me", "/v2022-06-30/canvases/c1"])
      assert.isUndefined(api.asked[0]?.project)
    })
  )
})

describe("Sanity refuses", () => {
  const cases: ReadonlyArray<readonly [string, Answer, string]> = [
    ["a token that it does not know", { status: 401, body: { message: "no" } }, "unauthorized"],
    ["a token without an answer to whose it is", { body: {} }, "unauthorized"],
    ["a user who is not in the project", notAMember, "not-a-member"],
    ["a user who may not", { status: 403 }, "not-a-member"],
    ["a project that is not there", { status: 404 }, "not-a-member"]
  ]
  for (const [name, answer, reason] of cases) {
    live(name, ({ api, ask }) =>
      Effect.gen(function* () {
        api.answer(() => answer)
        const refused = yield* Effect.flip(ask("secret-token"))
        assert.deepInclude({ ...refused }, { _tag: "TokenRefused", reason })
        assert.notInclude(JSON.stringify(refused) + String(refused), "secret-token")
      })
    )
  }

  for (const answer of [{ body: { members: [{ id: "pEve" }] } }, { body: {} }, { status: 404 }]) {
    live(
      `a user without a role that the project answers ${JSON.stringify(answer)}`,
      ({ api, ask }) =>
        Effect.gen(function* () {
          api.answer(({ path }) =>
            path.endsWith("/users/me") ? { body: { id: "pAda", roles: [] } } : answer
          )
          assert.strictEqual((yield* Effect.flip(ask())).reason, "not-a-member")
        })
    )
  }

  live(
    "[S3] a user of another project, on a host that does not hear which project is meant",
    ({ api, ask }) =>
      Effect.gen(function* () {
        const robot = { id: "pRobot", roles: [{ name: "editor" }] }
        const listed = { id: "abc123", members: [{ id: "pAda" }] }
        api.answer(({ path }) => ({ body: path.endsWith("/users/me") ? robot : listed }))
        assert.strictEqual((yield* Effect.flip(ask())).reason, "not-a-member")
      })
  )

  for (const answer of [{ status: 403 }, { status: 404 }, { body: {} }]) {
    live(`whoever a canvas answers ${JSON.stringify(answer)}`, ({ api, ask }) =>
      Effect.gen(function* () {
        api.answer(({ path }) => (path.endsWith("/users/me") ? { body: me } : answer))
        assert.strictEqual((yield* Effect.flip(ask("good", canvas))).reason, "not-a-member")
      })
    )
  }
})

describe("trouble is no refusal", () => {
  const cases: ReadonlyArray<readonly [Answer, string, number?]> = [
    [{ status: 500 }, "failed", 500],
    [{ status: 503 }, "failed", 503],
    [{ status: 429 }, "rate-limited", 429],
    [{ status: 302, body: "moved" }, "failed"],
    [{ body: { id: 7 } }, "failed"],
    ["hang up", "unreachable"]
  ]
  for (const [answer, reason, status] of cases) {
    live(`${JSON.stringify(answer)} is ${reason}`, ({ api, ask }) =>
      Effect.gen(function* () {
        api.answer(() => answer)
        const error = yield* Effect.flip(ask())
        assert.deepInclude(
          { ...error },
          { _tag: "AuthUnavailable", reason, ...(status === undefined ? {} : { status }) }
        )
        assert.lengthOf(api.asked, 1, "no retries")
      })
    )
  }

  it.effect("a host that is not there is unreachable", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(sanityApi)
      const service = yield* RelayAuth.use(Effect.succeed).pipe(
        Effect.provide(layerSanity({ apiHost: url }))
      )
      const error = yield* Effect.flip(service.authenticate(Redacted.make("good"), room))
      assert.deepInclude({ ...error }, { _tag: "AuthUnavailable", reason: "unreachable" })
    })
  )

  it.effect(
    "is told to those who run the relay: the host, and one line in 10 s with a number",
    () =>
      Effect.gen(function* () {
        const lines: Array<string> = []
        const logger = Logger.map(Logger.formatJson, (line) => void lines.push(line))
        yield* withAuth(({ api, ask }) =>
          Effect.gen(function* () {
            api.answer(() => ({ status: 502 }))
            for (let n = 0; n < 20; n++) yield* Effect.flip(ask(`secret-token-${n}`))
            assert.lengthOf(lines, 1)
            assert.include(lines[0], `${new URL(api.url).host} answers with errors`)
            assert.containSubset(JSON.parse(lines[0] ?? ""), {
              level: "WARN",
              annotations: {
                action: "relay/auth/unavailable",
                reason: "failed",
                status: 502,
                count: 1
              }
            })
            yield* TestClock.adjust("10 seconds")
            assert.lengthOf(lines, 2)
            assert.containSubset(JSON.parse(lines[1] ?? ""), { annotations: { count: 19 } })
            yield* TestClock.adjust("1 minute")
            assert.lengthOf(lines, 2)
            assert.notInclude(lines.join(), "secret-token")
          })
        ).pipe(Effect.provide(Logger.layer([logger])))
      })
  )

  live("silence is a timeout, and is asked again a second later", ({ api, ask }) =>
    Effect.gen(function* () {
      api.answer(() => "silence")
      const asking = yield* Effect.forkChild(Effect.flip(ask()), { startImmediately: true })
      yield* api.arrived(1)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(asking)).reason, "timeout")
      api.answer(onlyGood())
      assert.strictEqual((yield* Effect.flip(ask())).reason, "timeout")
      yield* TestClock.adjust("1 second")
      assert.deepEqual(yield* ask(), ada)
      assert.lengthOf(questions(api), 2)
    })
  )

  live(
    "waiting for others counts as silence",
    ({ api, ask }) =>
      Effect.gen(function* () {
        api.answer(() => "silence")
        const asking = yield* Effect.forEach(["a", "b", "c"], (token) =>
          Effect.forkChild(Effect.flip(ask(token)), { startImmediately: true })
        )
        yield* api.arrived(1)
        yield* TestClock.adjust("9 seconds")
        assert.lengthOf(questions(api), 1)
        yield* TestClock.adjust("1 second")
        const errors = yield* Effect.forEach(asking, Fiber.join)
        assert.deepEqual(
          errors.map(({ reason }) => reason),
          ["timeout", "timeout", "timeout"]
        )
      }),
    { maxRequests: 1 }
  )
})

describe("answers are remembered", () => {
  live("for half of the time to live, which is that of the service", ({ api, ask, service }) =>
    Effect.gen(function* () {
      assert.strictEqual(Duration.toSeconds(service.timeToLive), 30)
      yield* ask()
      yield* TestClock.adjust("29 seconds")
      yield* ask()
      assert.lengthOf(questions(api), 1)
      yield* TestClock.adjust("1 second")
      yield* ask()
      assert.lengthOf(questions(api), 2)
    })
  )

  live(
    "so a revoked token that is asked about again and again is refused in time",
    ({ api, ask, service }) =>
      Effect.gen(function* () {
        yield* ask()
        api.answer(() => ({ status: 401 }))
        // The worst case: a connection opens with an answer that is as old as can be.
        yield* TestClock.adjust(Duration.subtract(service.timeToLive, Duration.millis(1)))
        yield* ask()
        yield* TestClock.adjust(service.timeToLive)
        assert.strictEqual((yield* Effect.flip(ask())).reason, "unauthorized")
      })
  )

  live("for all datasets of a project, for each project and canvas apart", ({ api, ask }) =>
    Effect.gen(function* () {
      yield* ask()
      yield* ask("good", { _tag: "Dataset", project: "abc123", dataset: "staging" })
      yield* ask("good", { _tag: "Project", project: "abc123" })
      assert.lengthOf(questions(api), 1)
      api.answer(() => notAMember)
      const other = ask("good", { _tag: "Dataset", project: "def456", dataset: "production" })
      assert.strictEqual((yield* Effect.flip(other)).reason, "not-a-member")
      const sameName = ask("good", { _tag: "Canvas", canvas: "abc123" })
      assert.strictEqual((yield* Effect.flip(sameName)).reason, "not-a-member")
      yield* ask()
      assert.lengthOf(questions(api), 3)
    })
  )

  live("and refusals for ten seconds", ({ api, ask }) =>
    Effect.gen(function* () {
      for (let n = 0; n < 20; n++) yield* Effect.flip(ask("bad"))
      assert.lengthOf(questions(api), 1)
      yield* TestClock.adjust("10 seconds")
      yield* Effect.flip(ask("bad"))
      assert.lengthOf(questions(api), 2)
    })
  )

  live("a hundred at once are one request", ({ api, ask }) =>
    Effect.gen(function* () {
      const users = yield* Effect.all(
        Array.from({ length: 100 }, () => ask()),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(users, 100)
      assert.lengthOf(questions(api), 1)
    })
  )

  live("one that gives up does not take the others along", ({ api, ask }) =>
    Effect.gen(function* () {
      api.answer(() => "silence")
      const first = yield* Effect.forkChild(ask(), { startImmediately: true })
      const second = yield* Effect.forkChild(Effect.flip(ask()), { startImmediately: true })
      yield* api.arrived(1)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(second)).reason, "timeout")
      assert.lengthOf(questions(api), 1)
    })
  )

  live(
    "within bounds, and bad tokens do not drive out good ones",
    ({ api, ask }) =>
      Effect.gen(function* () {
        yield* ask()
        for (let n = 0; n < 10; n++) yield* Effect.flip(ask(`bad${n}`))
        assert.lengthOf(questions(api), 11)
        yield* ask()
        yield* Effect.flip(ask("bad9"))
        assert.lengthOf(questions(api), 11)
        yield* Effect.flip(ask("bad0"))
        assert.lengthOf(questions(api), 12)
      }),
    { capacity: 4 }
  )
})

describe("nothing is asked", () => {
  const evil = [
    "evil.com/",
    "evil.com#",
    "a.b",
    "a@b",
    "a:80",
    "a\\b",
    "",
    "-a",
    "ABC",
    "a%2f",
    "a\nb",
    "ａｂｃ",
    "a".repeat(64)
  ]
  live("about a project whose id could lead elsewhere", ({ api, ask }) =>
    Effect.gen(function* () {
      for (const project of evil) {
        for (const scope of [
          { _tag: "Dataset", project, dataset: "production" } as const,
          { _tag: "Project", project } as const
        ]) {
          const refused = yield* Effect.flip(ask("good", scope))
          assert.strictEqual(refused.reason, "wrong-project", project)
          assert.isBelow(refused.message.length, 400)
        }
      }
      assert.lengthOf(api.asked, 0)
    })
  )

  live("about a canvas whose id could lead elsewhere", ({ api, ask }) =>
    Effect.gen(function* () {
      for (const id of ["..", "../users", "c/1", "c?x", "c#x", "", "c%2e", "a".repeat(129)]) {
        const refused = yield* Effect.flip(ask("good", { _tag: "Canvas", canvas: id }))
        assert.strictEqual(refused.reason, "wrong-canvas", id)
      }
      assert.lengthOf(api.asked, 0)
    })
  )

  live("about a token that no header can carry", ({ api, ask }) =>
    Effect.gen(function* () {
      for (const token of ["", "a b", "a\r\nhost: evil.com", "tökén", "a".repeat(4097)]) {
        assert.strictEqual((yield* Effect.flip(ask(token))).reason, "unauthorized")
      }
      assert.lengthOf(api.asked, 0)
    })
  )

  live(
    "about projects and canvases that are not served",
    ({ api, ask }) =>
      Effect.gen(function* () {
        yield* ask()
        const other = ask("good", { _tag: "Dataset", project: "def456", dataset: "production" })
        const refused = yield* Effect.flip(other)
        assert.strictEqual(refused.reason, "wrong-project")
        assert.include(refused.message, "the project def456,")
        assert.strictEqual((yield* Effect.flip(ask("good", canvas))).reason, "wrong-canvas")
        assert.lengthOf(questions(api), 1)
      }),
    { projects: ["abc123"] }
  )
})

it.effect("Sanity has the profiles, the relay has none", () =>
  withAuth(({ api, service }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* service.profile("pAda"), Option.none())
      assert.strictEqual(service.directory, "none")
      assert.lengthOf(api.asked, 0)
    })
  )
)
