import { request } from "node:http"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Relay, RelayAuth, SanityAuth, TokensFileAuth } from "../../../src/relay/index.ts"
import { AuthUnavailable } from "../../../src/relay/RelayAuth.ts"
import type { RelayOptions } from "../../../src/relay/RelayOptions.ts"
import { notAMember, sanityApi } from "../auth/sanityApi.ts"

interface Reply {
  readonly status: number | undefined
  readonly body: unknown
}

/** A request whose Host header can be chosen, which `fetch` does not let us do. */
const get = (url: string, headers: { readonly [name: string]: string } = {}) =>
  Effect.callback<Reply>((resume) => {
    request(url, { headers, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => (text += chunk))
      response.on("end", () => {
        const isJson = response.headers["content-type"]?.includes("json") ?? false
        const body: unknown = isJson ? JSON.parse(text) : text
        resume(Effect.succeed({ status: response.statusCode, body }))
      })
    }).end()
  })

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const adas = "token-of-ada-lovelace"

const withRelay = <E>(
  auth: Layer.Layer<RelayAuth, E>,
  test: (url: string) => Effect.Effect<unknown, unknown, Scope.Scope>,
  options: RelayOptions = {}
) =>
  Relay.use(({ url }) => Effect.scoped(test(url))).pipe(
    Effect.provide(Relay.layer({ port: 0, project: "abc", ...options }).pipe(Layer.provide(auth)))
  )

const withTokens = (
  entries: ReadonlyArray<unknown>,
  test: (url: string) => Effect.Effect<void, unknown, Scope.Scope>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = `${yield* fs.makeTempDirectoryScoped()}/tokens.json`
    yield* fs.writeFileString(path, JSON.stringify({ tokens: entries }))
    yield* fs.chmod(path, 0o600)
    const auth = TokensFileAuth.layer(path).pipe(Layer.provide(NodeFileSystem.layer))
    yield* withRelay(auth, test)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

/** Every place where the name of Ada could be read. */
const profilePaths = [
  "/v2025-07-18/users/p-ada",
  "/v2025-07-18/users/p-ada,p-bob",
  "/vX/access/project/abc/users/p-ada",
  "/vX/access/organization/o1/users/p-ada"
]

describe("a relay with a tokens file", () => {
  const ada = {
    token: adas,
    user: "p-ada",
    displayName: "Ada Lovelace",
    imageUrl: "https://example.com/ada.png",
    projects: ["abc"]
  }
  const bob = { token: "token-of-bob-a-bot", user: "p-bob", email: "bob@example.com" }

  it.live("tells people who they are, as the file says, and invents nothing", () =>
    withTokens([ada, bob], (url) =>
      Effect.gen(function* () {
        const me = yield* get(`${url}/v2021-06-07/users/me`, bearer(adas))
        assert.strictEqual(me.status, 200)
        assert.containSubset(me.body, {
          id: "p-ada",
          name: "Ada Lovelace",
          familyName: "Lovelace",
          profileImage: "https://example.com/ada.png",
          provider: "relay",
          isCurrentUser: true
        })
        assert.notProperty(me.body, "email")
      })
    )
  )

  it.live("keeps its tokens to their projects, which the host names", () =>
    withTokens([ada], (url) =>
      Effect.gen(function* () {
        const path = `${url}/v2021-06-07/users/me`
        const statusAt = (host: string) =>
          Effect.map(get(path, { ...bearer(adas), host }), ({ status }) => status)
        assert.strictEqual(yield* statusAt("abc.example.com"), 200)
        assert.strictEqual(yield* statusAt("xyz.example.com"), 401)
      })
    )
  )

  it.live("tells the names of people to those who may enter, and to nobody else", () =>
    withTokens([ada, bob], (url) =>
      Effect.gen(function* () {
        for (const path of profilePaths) {
          for (const headers of [{}, bearer("p-ada"), bearer(`sk${"a".repeat(100)}`)]) {
            const refused = yield* get(url + path, headers)
            assert.strictEqual(refused.status, 401, path)
            assert.notInclude(JSON.stringify(refused.body), "Lovelace")
            assert.notInclude(JSON.stringify(refused.body), "development")
          }
          const told = yield* get(url + path, bearer(adas))
          assert.strictEqual(told.status, 200, path)
          assert.include(JSON.stringify(told.body), "Ada Lovelace")
          assert.include(JSON.stringify(told.body), "https://example.com/ada.png")
        }
        const one = yield* get(`${url}/v2025-07-18/users/p-bob`, bearer(adas))
        assert.containSubset(one.body, { displayName: "p-bob", email: "bob@example.com" })
        const unknown = yield* get(`${url}/v2025-07-18/users/p-cyd`, bearer(adas))
        assert.strictEqual(unknown.status, 404)
        for (const path of profilePaths.filter((path) => path.includes("/access/"))) {
          const stranger = yield* get(url + path.replace("p-ada", "p-cyd"), bearer(adas))
          assert.strictEqual(stranger.status, 404, path)
        }
        const none = yield* get(`${url}/v2025-07-18/users/p-cyd,p-dan`, bearer(adas))
        assert.deepEqual(none.body, [] as unknown)
      })
    )
  )
})

describe("a relay that asks Sanity", () => {
  const relay = (
    test: (
      url: string,
      api: Effect.Success<typeof sanityApi>
    ) => Effect.Effect<void, unknown, Scope.Scope>
  ) =>
    Effect.gen(function* () {
      const api = yield* sanityApi
      yield* withRelay(SanityAuth.layer({ apiHost: api.url }), (url) => test(url, api))
    }).pipe(Effect.scoped)

  it.live("tells members of the project that the host names who they are", () =>
    relay((url, api) =>
      Effect.gen(function* () {
        const members = [{ id: "pAda" }]
        api.answer(({ project, token }) =>
          token === "good" && project === "xyz"
            ? { body: { id: "pAda", name: "Ada", roles: [{ name: "editor" }], members } }
            : notAMember
        )
        const path = `${url}/v2021-06-07/users/me`
        const me = yield* get(path, { ...bearer("good"), host: "xyz.example.com" })
        assert.strictEqual(me.status, 200)
        assert.containSubset(me.body, { id: "pAda", name: "Ada" })
        const stranger = yield* get(path, bearer("good"))
        assert.strictEqual(stranger.status, 401)
        assert.include(JSON.stringify(stranger.body), "may not enter here")
        assert.deepStrictEqual(
          api.asked.map(({ project }) => project),
          ["xyz", "xyz", "abc"]
        )
      })
    )
  )

  it.live("believes a trusted proxy what host that was, as for sockets, and nobody else", () =>
    Effect.gen(function* () {
      const api = yield* sanityApi
      api.answer(() => notAMember)
      const auth = SanityAuth.layer({ apiHost: api.url })
      const headers = {
        ...bearer("good"),
        host: "relay.internal",
        "x-forwarded-host": "xyz.example.com"
      }
      for (const trustedProxies of [0, 1]) {
        yield* withRelay(auth, (url) => get(`${url}/v1/users/me`, headers), { trustedProxies })
      }
      assert.deepStrictEqual(
        api.asked.map(({ project }) => project),
        ["relay", "xyz"]
      )
    }).pipe(Effect.scoped)
  )

  it.live("does not let a host lead its requests elsewhere", () =>
    relay((url, api) =>
      Effect.gen(function* () {
        for (const host of ["evil@x.y", "evil#.y", "a_b.y", "-a.y", "%2f.y", "a/b.y"]) {
          const { status } = yield* get(`${url}/v1/users/me`, { ...bearer("good"), host })
          assert.strictEqual(status, 401, host)
        }
        assert.isEmpty(api.asked)
      })
    )
  )

  it.live("answers 503 where Sanity fails", () =>
    relay((url, api) =>
      Effect.gen(function* () {
        api.answer(() => ({ status: 502 }))
        const { body, status } = yield* get(`${url}/v1/users/me`, bearer("good"))
        assert.strictEqual(status, 503)
        assert.containSubset(body, { statusCode: 503, error: "Service Unavailable" })
        assert.include(JSON.stringify(body), "HTTP 502")
      })
    )
  )

  it.live("has no profiles, says where they are, and asks nobody about it", () =>
    relay((url, api) =>
      Effect.gen(function* () {
        for (const path of profilePaths) {
          for (const headers of [{}, bearer("good")]) {
            const { body, status } = yield* get(url + path, headers)
            assert.strictEqual(status, 404, path)
            assert.include(JSON.stringify(body), "socketHost")
          }
        }
        assert.isEmpty(api.asked)
      })
    )
  )
})

it.live("a relay with an auth of one's own keeps names from those who may not enter", () => {
  const auth = Layer.succeed(RelayAuth, {
    authenticate: () => Effect.fail(new AuthUnavailable({ reason: "unreachable" })),
    timeToLive: Duration.infinity,
    profile: () => Effect.die("asked for a profile")
  })
  return withRelay(auth, (url) =>
    Effect.gen(function* () {
      for (const path of profilePaths) {
        assert.strictEqual((yield* get(url + path)).status, 401)
        assert.strictEqual((yield* get(url + path, bearer("any"))).status, 503)
      }
    })
  )
})
