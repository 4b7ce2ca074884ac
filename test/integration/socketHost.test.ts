/** The socket at a relay, profiles from another host. */
import { assert, describe, it } from "@effect/vitest"
import { createClient } from "@sanity/client"
import { createServer } from "node:http"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  createPresence,
  PresenceError,
  type PresenceHandle,
  type PresenceOptions,
  UserId
} from "../../src/index.ts"
import { Relay } from "../../src/relay/index.ts"
import { listen, urlOf } from "../support/listen.ts"
import { valueOf } from "../support/valueOf.ts"

/** Sanity's API as far as it tells of people; there is no socket. */
const api = Effect.gen(function* () {
  const asked: Array<string> = []
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? ""
    asked.push(`${path} ${request.headers.authorization}`)
    const ids = (path.split("/").at(-1) ?? "").split(",")
    const users = ids.map((id) => ({
      id: id === "me" ? "p-me" : id,
      displayName: `${id} of the API`
    }))
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify(users.length === 1 ? users[0] : users))
  })
  return { url: urlOf(yield* listen(server)), asked }
})

const open = (options: PresenceOptions): Effect.Effect<PresenceHandle, never, never> =>
  Effect.sync(() => createPresence(options))

const setup = Effect.gen(function* () {
  const relay = Context.get(yield* Layer.build(Relay.layerTest), Relay)
  const { asked, url } = yield* api
  const enter = (options: PresenceOptions) =>
    Effect.acquireRelease(open({ projectId: "demo", dataset: "books", ...options }), (presence) =>
      Effect.promise(presence.close)
    )
  const bob = yield* enter({ apiHost: relay.url, token: "p-bob" })
  bob.reportPresence([{ documentId: "book" }])
  return { relay, apiHost: url, asked, enter, bob }
})

describe("socketHost", () => {
  it.live("connects there, and asks the API for people", () =>
    Effect.gen(function* () {
      const { apiHost, asked, bob, enter, relay } = yield* setup
      const ada = yield* enter({ apiHost, socketHost: relay.url, token: "p-ada" })
      const [seen] = yield* valueOf(
        ada.getPresenceLocations(),
        ([one]) => one?.user.displayName === "p-bob of the API"
      )
      assert.strictEqual(seen?.sessionId, bob.getSelf().getCurrent().sessionId)
      const { user } = yield* valueOf(ada.getSelf(), ({ user }) => user?.displayName !== user?.id)
      assert.strictEqual(user?.id, UserId.make("p-me"))
      assert.strictEqual(user?.displayName, "p-me of the API")
      ada.reportPresence([])
      yield* valueOf(bob.getPresenceLocations(), ([one]) => one?.user.id === "p-ada")
      assert.isTrue(asked.every((request) => request.endsWith(" Bearer p-ada")))
      assert.isFalse(asked.some((request) => request.includes("/socket/")))
    })
  )

  it.live("is there for an app's own client too, whose own host stays what it is", () =>
    Effect.gen(function* () {
      const { apiHost, asked, bob, enter, relay } = yield* setup
      const client = createClient({
        projectId: "demo",
        dataset: "books",
        apiVersion: "2026-01-01",
        useCdn: false,
        apiHost,
        useProjectHostname: false,
        token: "p-client"
      })
      const ada = yield* enter({ client, socketHost: relay.url })
      ada.reportPresence([])
      yield* valueOf(bob.getPresenceLocations(), ([one]) => one?.user.id === "p-client")
      yield* valueOf(
        ada.getPresenceLocations(),
        ([one]) => one?.user.displayName === "p-bob of the API"
      )
      assert.isTrue(asked.every((request) => request.endsWith(" Bearer p-client")))
      assert.strictEqual(client.config().apiHost, apiHost)
    })
  )

  it.live("[C6] a token that the socket's host refuses is refused, whatever the API says", () =>
    Effect.gen(function* () {
      const { apiHost, enter, relay } = yield* setup
      const token = `sk${"Secret".repeat(20)}`
      const ada = yield* enter({ apiHost, socketHost: relay.url, token })
      const status = yield* valueOf(ada.getStatus(), ({ _tag }) => _tag === "Unauthorized")
      assert.notInclude(JSON.stringify(status), "Secret")
    })
  )

  it("one that is malformed is a typed error that names it", () => {
    const room = { projectId: "demo", dataset: "books" }
    const client = createClient({ ...room, apiVersion: "2026-01-01", useCdn: false })
    for (const socketHost of [
      "",
      "no address",
      "relay.example.com",
      "/relay",
      "ftp://relay.example.com",
      "http://relay.example.com?a=b",
      "http://user:password@relay.example.com",
      "http://relay.example.com#there"
    ]) {
      for (const options of [room, { client }]) {
        try {
          createPresence({ ...options, socketHost })
          assert.fail(`took ${socketHost}`)
        } catch (error) {
          assert.instanceOf(error, PresenceError)
          assert.strictEqual(error.reason._tag, "InvalidConfiguration")
          assert.include(error.message, "`socketHost`")
          assert.notInclude(error.message, "`apiHost`")
        }
      }
    }
  })

  it("what untyped code gives in place of options is a typed error", () => {
    const nonsense: ReadonlyArray<PresenceOptions> = [
      ...JSON.parse(
        '[null, 7, "demo", {}, [], { "client": {} }, { "client": null }, { "projectId": "demo", "dataset": "d", "socketHost": 7 }, { "projectId": "demo", "dataset": "d", "socketHost": {} }, { "projectId": "demo", "dataset": "d", "apiHost": 7 }]'
      ),
      JSON.parse("{}").missing
    ]
    for (const options of nonsense) {
      try {
        createPresence(options)
        assert.fail(`took ${JSON.stringify(options)}`)
      } catch (error) {
        assert.instanceOf(error, PresenceError, `${JSON.stringify(options)}: ${String(error)}`)
        assert.strictEqual(error.reason._tag, "InvalidConfiguration")
      }
    }
  })
})
