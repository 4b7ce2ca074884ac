import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { relay } from "../relayTest.ts"

const origin = "http://localhost:5173"

const get = (url: string, headers: { readonly [name: string]: string } = {}, method = "GET") =>
  Effect.promise(async () => {
    const response = await fetch(url, { method, headers })
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.includes("json") ?? false
    const body: unknown = isJson ? JSON.parse(text) : text
    return { status: response.status, headers: response.headers, body }
  })

const flat = {
  id: "p-ada-lovelace",
  sanityUserId: "p-ada-lovelace",
  displayName: "Ada Lovelace",
  givenName: "Ada",
  familyName: "Lovelace",
  email: "ada.lovelace@example.com"
}

describe("users", () => {
  relay("me is the user of the token", (url) =>
    Effect.gen(function* () {
      const me = yield* get(`${url}/v2021-06-07/users/me`, {
        authorization: "Bearer p-ada-lovelace"
      })
      assert.strictEqual(me.status, 200)
      assert.containSubset(me.body, { ...flat, name: "Ada Lovelace", isCurrentUser: true })
    })
  )

  relay("me without a token, or with a bad one, is 401 with a message and no token in it", (url) =>
    Effect.gen(function* () {
      const real = `sk${"a".repeat(100)}`
      const missing = yield* get(`${url}/v2021-06-07/users/me`)
      const bad = yield* get(`${url}/v2021-06-07/users/me`, { authorization: "Bearer a/b" })
      const secret = yield* get(`${url}/v2021-06-07/users/me`, { authorization: `Bearer ${real}` })
      for (const { body, status } of [missing, bad, secret]) {
        assert.strictEqual(status, 401)
        assert.containSubset(body, { statusCode: 401, error: "Unauthorized" })
        assert.notInclude(JSON.stringify(body), real)
      }
      assert.include(JSON.stringify(secret.body), "real Sanity token")
    })
  )

  relay("are an object for one id and an array for several, unknown ids left out", (url) =>
    Effect.gen(function* () {
      const users = `${url}/v2025-07-18/users`
      const one = yield* get(`${users}/p-ada-lovelace`)
      assert.containSubset(one.body, flat)
      assert.notProperty(one.body, "imageUrl")
      const two = yield* get(`${users}/p-ada-lovelace,p-bob,n%20o?tag=x`)
      assert.isArray(two.body)
      assert.containSubset(two.body, [flat, { id: "p-bob" }])
      assert.lengthOf(Array.isArray(two.body) ? two.body : [], 2)
      assert.strictEqual((yield* get(`${users}/n%20o`)).status, 404)
    })
  )

  relay("[S10] come once each, and a hundred at most", (url) =>
    Effect.gen(function* () {
      const names = Array.from({ length: 101 }, (_, n) => `p-user-${n}`)
      const ask = (ids: ReadonlyArray<string>) => get(`${url}/v2025-07-18/users/${ids.join(",")}`)
      const hundred = names.slice(0, 100)
      const all = yield* ask([...hundred, ...hundred, "p-user-0", "p-user-0"])
      assert.lengthOf(Array.isArray(all.body) ? all.body : [], 100)
      const same = yield* ask(["p-user-0", "p-user-0"])
      assert.lengthOf(Array.isArray(same.body) ? same.body : [], 1)
      const tooMany = yield* ask(names)
      assert.strictEqual(tooMany.status, 400)
      assert.include(JSON.stringify(tooMany.body), "more than 100 users")
    })
  )

  relay("of a project or an organization nest, with their membership", (url) =>
    Effect.gen(function* () {
      for (const [type, id] of [
        ["project", "demo"],
        ["organization", "o1"]
      ]) {
        const { body } = yield* get(`${url}/vX/access/${type}/${id}/users/g-ada-lovelace`)
        assert.containSubset(body, {
          sanityUserId: "g-ada-lovelace",
          profile: { id: "g-ada-lovelace", displayName: "Ada Lovelace", provider: "development" },
          memberships: [{ resourceType: type, resourceId: id }]
        })
      }
    })
  )

  relay("carry an update time, without which @sanity/sdk never shows a profile", (url) =>
    Effect.gen(function* () {
      const nested = yield* get(`${url}/vX/access/project/demo/users/g-ada`)
      assert.containSubset(nested.body, { profile: { updatedAt: "2026-01-01T00:00:00.000Z" } })
      const one = yield* get(`${url}/v2025-07-18/users/p-ada`)
      assert.containSubset(one.body, { updatedAt: "2026-01-01T00:00:00.000Z" })
    })
  )
})

describe("the rest of HTTP", () => {
  relay("names the organization of a canvas", (url) =>
    Effect.gen(function* () {
      const { body } = yield* get(`${url}/v2022-06-30/canvases/c1`)
      assert.deepEqual(body, { id: "c1", organizationId: "development" } as unknown)
    })
  )

  relay("tells a plain GET of a socket to upgrade", (url) =>
    Effect.gen(function* () {
      for (const path of ["production", "canvases/c1"]) {
        const answer = yield* get(`${url}/v2022-06-30/socket/${path}`)
        assert.strictEqual(answer.status, 426)
        assert.strictEqual(answer.headers.get("upgrade"), "websocket")
        assert.include(String(answer.body), "WebSocket")
      }
    })
  )

  relay("[T12] says at the address of a room for which project it takes it", (url) =>
    Effect.gen(function* () {
      const project = (path: string) =>
        Effect.map(get(`${url}/v2022-06-30/socket/${path}`), ({ headers }) =>
          headers.get("sanity-presence-project")
        )
      assert.strictEqual(yield* project("production"), "demo")
      // A canvas belongs to none.
      assert.isNull(yield* project("canvases/c1"))
    })
  )

  relay("answers 404 with a message for what it does not have", (url) =>
    Effect.gen(function* () {
      const paths = ["/", "/nope?token=secret", "/v1/data/query/production", "/v1/%E0%A4%A/x"]
      for (const path of paths) {
        const { body, status } = yield* get(url + path)
        assert.strictEqual(status, 404, path)
        assert.containSubset(body, { statusCode: 404, error: "Not Found" })
        assert.notInclude(JSON.stringify(body), "secret")
      }
      assert.strictEqual((yield* get(`${url}/healthz`, {}, "POST")).status, 404)
    })
  )
})

describe("CORS", () => {
  relay("answers a preflight for the origin and the headers that are asked for", (url) =>
    Effect.gen(function* () {
      const { headers, status } = yield* get(
        `${url}/v2021-06-07/users/me`,
        {
          origin,
          "access-control-request-method": "GET",
          "access-control-request-headers": "authorization,x-sanity-app"
        },
        "OPTIONS"
      )
      assert.strictEqual(status, 204)
      assert.strictEqual(headers.get("access-control-allow-origin"), origin)
      assert.strictEqual(headers.get("access-control-allow-headers"), "authorization,x-sanity-app")
      assert.include(headers.get("access-control-allow-methods"), "GET")
    })
  )

  relay("lets the origin read answers, errors too, or a browser shows no reason", (url) =>
    Effect.gen(function* () {
      for (const path of ["/v2021-06-07/users/me", "/nope", "/vX/socket/production"]) {
        const { headers } = yield* get(url + path, { origin })
        assert.strictEqual(headers.get("access-control-allow-origin"), origin, path)
        assert.include(headers.get("vary")?.toLowerCase(), "origin", path)
      }
    })
  )

  relay("names no origin to a client that has none", (url) =>
    Effect.gen(function* () {
      const { headers } = yield* get(`${url}/v2021-06-07/users/me`)
      assert.isNull(headers.get("access-control-allow-origin"))
    })
  )

  for (const [allowedOrigins, credentials] of [
    [undefined, null],
    [["*"], null],
    [[origin], "true"]
  ] as const) {
    relay(
      `[S14] lets a page use cookies: ${credentials ?? "never"} where these may connect: ${allowedOrigins ?? "all"}`,
      (url) =>
        Effect.gen(function* () {
          const preflight = { origin, "access-control-request-method": "GET" }
          for (const [headers, method] of [
            [{ origin }, "GET"],
            [preflight, "OPTIONS"]
          ] as const) {
            const answer = yield* get(`${url}/v2021-06-07/users/me`, headers, method)
            assert.strictEqual(answer.headers.get("access-control-allow-origin"), origin)
            const allowed = answer.headers.get("access-control-allow-credentials")
            assert.strictEqual(allowed, credentials)
          }
        }),
      { allowedOrigins }
    )
  }

  relay("[S14] lets no page read health and metrics", (url) =>
    Effect.gen(function* () {
      const health = ["/healthz", "/healthz/live", "/healthz/ready", "/Healthz/"]
      // However they are written: the router takes them all for the same.
      for (const path of [...health, "/metrics?x=1", "/metrics/", "//metrics", "/%6detrics"]) {
        const { headers, status } = yield* get(url + path, { origin })
        assert.strictEqual(status, 200, path)
        assert.isNull(headers.get("access-control-allow-origin"), path)
      }
    })
  )
})
