/** Where people's profiles are read, from a server that answers as the test says. */
import { assert, describe, it } from "@effect/vitest"
import { createClient } from "@sanity/client"
import { createServer } from "node:http"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Auth, SanityClient, type Token, UserId } from "../../src/index.ts"
import * as UserLookup from "../../src/UserLookup.ts"
import { listen, urlOf } from "../support/listen.ts"

interface Answer {
  readonly status?: number
  readonly body: unknown
}
type Answers = (path: string, token: string | undefined) => Answer | undefined

const ids = (...names: ReadonlyArray<string>) => names.map((name) => UserId.make(name))
const token = (value: string): Token => Option.some(Redacted.make(value))

/** A server, and the lookup of a client of it. Where there is no answer, the connection breaks. */
const setup = Effect.fnUntraced(function* (answers: Answers, canvasId?: string) {
  const asked: Array<string> = []
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? ""
    asked.push(path)
    const answer = answers(path, request.headers.authorization?.replace("Bearer ", ""))
    if (answer === undefined) return void response.destroy()
    response.writeHead(answer.status ?? 200, { "content-type": "application/json" })
    response.end(JSON.stringify(answer.body))
  })
  const apiHost = urlOf(yield* listen(server))
  const client = createClient({
    ...(canvasId === undefined
      ? { projectId: "abc", dataset: "d", useProjectHostname: false }
      : { resource: { type: "canvas", id: canvasId } }),
    apiHost,
    apiVersion: "2026-01-01",
    useCdn: false,
    token: "t-of-the-client",
    ignoreBrowserTokenWarning: true,
    // The client's own; ours come after them.
    maxRetries: 0
  })
  const tokens = yield* SubscriptionRef.make(token("t-ada"))
  const {
    lookup,
    tokens: changes,
    whose
  } = yield* Effect.provide(
    UserLookup.make,
    Layer.merge(SanityClient.layerClient(client), Auth.layerRef(tokens))
  )
  const names = (...wanted: ReadonlyArray<string>) =>
    Effect.map(lookup(ids(...wanted)), (found) =>
      [...found].map(([id, { displayName }]) => `${id}: ${displayName}`).toSorted()
    )
  return { asked, lookup, selves: Stream.mapEffect(changes, whose), names, tokens }
})

const flat = (id: string) => ({ id, displayName: `Name of ${id}`, imageUrl: null })
const nested = (id: string) => ({ sanityUserId: id, profile: flat(id) })

describe("the profiles of a dataset's people", () => {
  const answers: Answers = (path) => {
    const list = path.match(/^\/v2025-07-18\/users\/(.*)$/)?.[1]?.split(",")
    if (list !== undefined) {
      const found = list.filter((id) => id !== "p-gone").map(flat)
      return { body: list.length === 1 ? found[0] : found }
    }
    const id = path.match(/^\/vX\/access\/project\/abc\/users\/(.*)$/)?.[1]
    return id === undefined ? { status: 404, body: {} } : { body: nested(id) }
  }

  it.live("[U1] come in one answer where they are the project's, and one by one from access", () =>
    Effect.gen(function* () {
      const { asked, names } = yield* setup(answers)
      assert.deepStrictEqual(yield* names("p-ada", "p-gone", "p-bob"), [
        "p-ada: Name of p-ada",
        "p-bob: Name of p-bob"
      ])
      assert.deepStrictEqual(yield* names("p-ada"), ["p-ada: Name of p-ada"])
      assert.deepStrictEqual(yield* names("g-ada"), ["g-ada: Name of g-ada"])
      assert.deepStrictEqual(asked, [
        "/v2025-07-18/users/p-ada,p-gone,p-bob",
        "/v2025-07-18/users/p-ada",
        "/vX/access/project/abc/users/g-ada"
      ])
    })
  )

  it.live(
    "[U1] are read under our token, and without one once it is gone: never under the client's",
    () =>
      Effect.gen(function* () {
        const tokens: Array<string | undefined> = []
        const { names, tokens: ours } = yield* setup((path, token) => {
          tokens.push(token)
          return answers(path, token)
        })
        yield* names("p-ada")
        yield* SubscriptionRef.set(ours, Option.none())
        yield* names("p-bob")
        assert.deepStrictEqual(tokens, ["t-ada", undefined])
      })
  )

  it.live("[U1] [H5] a blank name is none: the id is shown", () =>
    Effect.gen(function* () {
      const { names } = yield* setup((path) => ({
        body: { ...flat(path.split("/").at(-1) ?? ""), displayName: "  " }
      }))
      assert.deepStrictEqual(yield* names("p-ada"), ["p-ada: p-ada"])
    })
  )

  it.live("[U1] ids that would lead to another path are asked about nowhere", () =>
    Effect.gen(function* () {
      const { asked, lookup, names } = yield* setup(answers)
      for (const id of [".", "..", "g-\ud800"]) {
        assert.isTrue((yield* Effect.flip(lookup(ids(id)))).isOfIds, id)
      }
      assert.deepStrictEqual(asked, [])
      assert.deepStrictEqual(yield* names("..."), ["...: Name of ..."])
    })
  )

  const failures: ReadonlyArray<readonly [string, Answer | undefined, boolean]> = [
    ["404", { status: 404, body: { message: "no such user" } }, true],
    ["400", { status: 400, body: { message: "bad id" } }, true],
    ["an answer of another form", { body: { users: [] } }, true],
    ["401", { status: 401, body: { message: "no session" } }, false],
    ["403", { status: 403, body: {} }, false],
    ["429", { status: 429, body: {} }, false],
    ["500", { status: 500, body: {} }, false],
    ["503", { status: 503, body: {} }, false],
    ["a broken connection", undefined, false]
  ]
  for (const [name, answer, isOfIds] of failures) {
    it.live(
      `[U1] ${name}: asking person by person ${isOfIds ? "may help" : "would make it worse"}`,
      () =>
        Effect.gen(function* () {
          const { asked, lookup } = yield* setup(() => answer)
          const error = yield* Effect.flip(lookup(ids("p-ada", "p-bob")))
          assert.strictEqual(error._tag, "UserLookupError")
          assert.strictEqual(error.isOfIds, isOfIds)
          assert.deepStrictEqual([...new Set(asked)], ["/v2025-07-18/users/p-ada,p-bob"])
        })
    )
  }
})

describe("the profiles of a canvas's people", () => {
  const answers: Answers = (path) => {
    if (path === "/vX/canvases/c1") return { body: { id: "c1", organizationId: "o1" } }
    const id = path.match(/^\/vX\/access\/organization\/o1\/users\/(.*)$/)?.[1]
    return id === undefined || id === "e-gone" ? { status: 404, body: {} } : { body: nested(id) }
  }

  it.live("[U1] are its organization's, which is asked for once", () =>
    Effect.gen(function* () {
      const { asked, names } = yield* setup(answers, "c1")
      const all = yield* Effect.all(
        [names("p-ada", "p-bob", "p-cy"), names("g-dan"), names("e-eve")],
        {
          concurrency: "unbounded"
        }
      )
      assert.deepStrictEqual(
        all.flat(),
        ["p-ada", "p-bob", "p-cy", "g-dan", "e-eve"].map((id) => `${id}: Name of ${id}`)
      )
      assert.lengthOf(
        asked.filter((path) => path === "/vX/canvases/c1"),
        1
      )
      assert.lengthOf(asked, 6)
    })
  )

  it.live("[U1] one that is not known is of that id, and not of the canvas", () =>
    Effect.gen(function* () {
      const { lookup, names } = yield* setup(answers, "c1")
      const error = yield* Effect.flip(lookup(ids("e-gone")))
      assert.isTrue(error.isOfIds)
      assert.deepStrictEqual(yield* names("e-eve"), ["e-eve: Name of e-eve"])
    })
  )

  it.live("[U1] an organization that could not be read is asked for again", () =>
    Effect.gen(function* () {
      let isBroken = true
      const { lookup, names } = yield* setup((path, token) => {
        if (isBroken) return { status: 500, body: {} }
        return answers(path, token)
      }, "c1")
      const error = yield* Effect.flip(lookup(ids("g-ada")))
      assert.isFalse(error.isOfIds)
      isBroken = false
      assert.deepStrictEqual(yield* names("g-ada"), ["g-ada: Name of g-ada"])
    })
  )
})

describe("whose the token is", () => {
  const answers: Answers = (path, token) => {
    if (path !== "/v2021-06-07/users/me") return undefined
    if (token === "t-expired") return { status: 401, body: {} }
    return { body: { id: token?.replace("t-", "p-"), displayName: "" } }
  }

  it.live("[Q5] [U1] follows the token: none without one, and none where it is refused", () =>
    Effect.gen(function* () {
      const { selves, tokens } = yield* setup(answers)
      const seen = yield* Queue.unbounded<string>()
      yield* selves.pipe(
        Stream.runForEach((id) =>
          Queue.offer(
            seen,
            Option.getOrElse(id, () => "nobody")
          )
        ),
        Effect.forkScoped
      )
      assert.strictEqual(yield* Queue.take(seen), "p-ada")
      for (const [next, expected] of [
        [token("t-bob"), "p-bob"],
        [Option.none(), "nobody"],
        [token("t-expired"), "nobody"],
        [token("t-ada"), "p-ada"]
      ] as const) {
        yield* SubscriptionRef.set(tokens, next)
        assert.strictEqual(yield* Queue.take(seen), expected)
      }
    })
  )

  it.live("[Q5] is asked with the newest token, however many came meanwhile", () =>
    Effect.gen(function* () {
      const { asked, selves, tokens } = yield* setup(answers)
      const last = yield* Deferred.make<string>()
      const fiber = yield* selves.pipe(
        Stream.runForEach((id) =>
          Option.contains(id, UserId.make("p-last"))
            ? Deferred.succeed(last, "p-last")
            : Effect.void
        ),
        Effect.forkScoped({ startImmediately: true })
      )
      for (const name of ["a", "b", "c", "last"]) {
        yield* SubscriptionRef.set(tokens, token(`t-${name}`))
      }
      assert.strictEqual(yield* Deferred.await(last), "p-last")
      yield* Fiber.interrupt(fiber)
      assert.isAbove(asked.length, 0)
    })
  )
})
