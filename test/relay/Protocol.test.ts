import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect, gone, join, state } from "./RelayClient.ts"
import { relay } from "./relayTest.ts"

describe("authorization", () => {
  relay("[S1] comes first: everything else is refused with a word on what to do", (url) =>
    Effect.gen(function* () {
      const client = yield* connect(url)
      for (const reply of [
        yield* client.subscribe,
        yield* client.announce("s"),
        yield* client.rollCall("s"),
        yield* client.disconnect("s")
      ]) {
        assert.include(reply.error?.message, "Authorize first")
      }
      assert.isUndefined((yield* client.authorize("p-ada")).error)
      assert.isString((yield* client.subscribe).result)
    })
  )

  relay("[S2] refuses a bad token with an error reply and lets the client try again", (url) =>
    Effect.gen(function* () {
      const client = yield* connect(url)
      const real = `sk${"a".repeat(100)}`
      const refused = yield* client.authorize(real)
      assert.include(refused.error?.message, "real Sanity token")
      assert.notInclude(JSON.stringify(refused), real)
      assert.isDefined((yield* client.call("authorization", { authorization: "p-ada" })).error)
      assert.strictEqual((yield* client.call("authorization")).error?.code, -32602)
      assert.isUndefined((yield* client.authorize("p-ada")).error)
    })
  )

  relay(
    "[S2] has a deadline: a connection without it is closed with 4001, an authorized one stays",
    (url) =>
      Effect.gen(function* () {
        const good = yield* join(url, "p-ada")
        const silent = yield* connect(url)
        const refused = yield* connect(url)
        yield* refused.authorize("not a token")
        assert.strictEqual((yield* silent.closed).code, 4001)
        const why = yield* refused.closed
        assert.strictEqual(why.code, 4001)
        assert.include(why.reason, "not authorized within")
        assert.deepEqual((yield* good.announce("s")).error, undefined)
      }),
    { authorizationTimeout: "150 millis" }
  )

  relay("of another user on a live socket ends the sessions of the former", (url) =>
    Effect.gen(function* () {
      const watcher = yield* join(url, "p-watcher")
      const client = yield* join(url, "p-ada")
      yield* client.announce("s")
      yield* client.authorize("p-ada")
      yield* client.authorize("p-bob")
      yield* client.announce("s")
      assert.deepEqual(yield* watcher.next, state("p-ada", "s"))
      assert.deepEqual(yield* watcher.next, gone("p-ada", "s"))
      assert.deepEqual(yield* watcher.next, state("p-bob", "s"))
    })
  )
})

describe("events", () => {
  relay("reach every subscriber, the sender too, as the sender wrote them", (url) =>
    Effect.gen(function* () {
      const ada = yield* join(url, "p-ada")
      const bob = yield* join(url, "p-bob")
      const mute = yield* connect(url)
      yield* mute.authorize("p-mute")
      const locations = [{ type: "from the future", anything: { at: ["all", 1, null] } }, 7]
      yield* ada.announce("s1", locations)
      yield* ada.disconnect("s1")
      for (const client of [ada, bob]) {
        assert.deepEqual(yield* client.next, state("p-ada", "s1", locations))
        assert.deepEqual(yield* client.next, gone("p-ada", "s1"))
      }
      assert.deepEqual(yield* mute.rest, [])
    })
  )

  relay("[S1] carry the user of the connection, whatever the sender claims", (url) =>
    Effect.gen(function* () {
      const ada = yield* join(url, "p-ada")
      yield* ada.call("presence_announce", {
        i: "p-bob",
        data: { i: "p-bob", sessionId: "s", locations: [] }
      })
      assert.deepEqual(yield* ada.next, state("p-ada", "s"))
    })
  )

  relay("come once per connection, until it has unsubscribed as often as subscribed", (url) =>
    Effect.gen(function* () {
      const ada = yield* join(url, "p-ada")
      const again = yield* ada.subscribe
      const unsubscribe = ada.call("presence_unsubscribe", { subscriptionId: again.result })
      yield* unsubscribe
      yield* ada.announce("s")
      assert.deepEqual(yield* ada.rest, [state("p-ada", "s")])
      yield* unsubscribe
      yield* ada.announce("s")
      assert.deepEqual(yield* ada.rest, [])
      assert.strictEqual((yield* unsubscribe).error?.code, -32602)
    })
  )
})

describe("roll call", () => {
  relay("[S5] in table mode is answered from the table, to the caller only", (url) =>
    Effect.gen(function* () {
      const ada = yield* join(url, "p-ada")
      yield* ada.announce("s1", ["here"])
      const bob = yield* join(url, "p-bob")
      assert.deepEqual(yield* bob.rest, [])
      yield* bob.rollCall("s2")
      assert.deepEqual(yield* bob.rest, [state("p-ada", "s1", ["here"])])
      assert.deepEqual(yield* ada.rest, [state("p-ada", "s1", ["here"])])
    })
  )

  relay(
    "[S5] in forward mode is published to everyone and answered by nobody here",
    (url) =>
      Effect.gen(function* () {
        const ada = yield* join(url, "p-ada")
        yield* ada.announce("s1")
        const bob = yield* join(url, "p-bob")
        yield* bob.rollCall("s2")
        const rollCall: unknown = { type: "rollCall", i: "p-bob", session: "s2" }
        assert.deepEqual(yield* bob.rest, [rollCall])
        assert.deepEqual(yield* ada.rest, [state("p-ada", "s1"), rollCall])
      }),
    { rollCall: "forward" }
  )
})

const dataset = (name: string) => `/v2022-06-30/socket/${name}`

describe("rooms", () => {
  relay("[S3] never leak into one another: datasets, projects, canvases", (url) =>
    Effect.gen(function* () {
      const places: ReadonlyArray<readonly [path: string, host?: string]> = [
        [dataset("production")],
        [dataset("staging")],
        [dataset("c"), "a-b.localhost"],
        [dataset("b-c"), "a.localhost"],
        [dataset("production"), "other.localhost"],
        [dataset("canvases/production")],
        [dataset("canvases")]
      ]
      const clients = yield* Effect.forEach(places, ([path, host]) =>
        join(url, "p-ada", path, host)
      )
      for (const [index, client] of clients.entries()) yield* client.announce(`s${index}`)
      for (const [index, client] of clients.entries()) {
        assert.deepEqual(yield* client.rest, [state("p-ada", `s${index}`)])
        yield* client.rollCall("me")
        assert.deepEqual(yield* client.rest, [state("p-ada", `s${index}`)])
      }
    })
  )

  relay(
    "are shared by all who name the same project, by host or by default",
    (url) =>
      Effect.gen(function* () {
        const byDefault = yield* join(url, "p-ada")
        const byHost = yield* join(url, "p-bob", "/vX/socket/production", "abc123.localhost:1")
        yield* byHost.announce("s")
        assert.deepEqual(yield* byDefault.next, state("p-bob", "s"))
      }),
    { project: "abc123" }
  )

  relay("of a canvas are the same under every project", (url) =>
    Effect.gen(function* () {
      const path = "/v2022-06-30/socket/canvases/c1"
      const one = yield* join(url, "p-ada", path, "one.localhost")
      const two = yield* join(url, "p-bob", path)
      yield* one.announce("s")
      assert.deepEqual(yield* two.next, state("p-ada", "s"))
    })
  )
})

describe("frames", () => {
  relay("[S6] that are no requests are answered and survived", (url) =>
    Effect.gen(function* () {
      const client = yield* join(url, "p-ada")
      for (const [frame, code] of [
        ["{", -32700],
        ["", -32700],
        ["\u0000", -32700],
        ["[]", -32600],
        ["42", -32600],
        ["null", -32600],
        ['{"jsonrpc":"1.0","id":"1","method":"presence_subscribe"}', -32600]
      ] as const) {
        client.send(frame)
        assert.strictEqual((yield* client.stray).code, code, frame)
      }
      client.send(new Uint8Array([0xff, 0x00]))
      assert.strictEqual((yield* client.stray).code, -32700)
      client.send("♥")
      client.send('{"jsonrpc":"2.0","id":"x","result":1}')
      assert.deepEqual(yield* client.rest, [])
    })
  )

  relay("with an unknown method or bad params are refused by their code", (url) =>
    Effect.gen(function* () {
      const client = yield* join(url, "p-ada")
      const code = (method: string, params = {}) =>
        Effect.map(client.call(method, params), ({ error }) => error?.code)
      assert.strictEqual(yield* code("authorization_subscribe"), -32601)
      assert.strictEqual(yield* code("toString"), -32601)
      assert.strictEqual(yield* code("presence_announce"), -32602)
      assert.strictEqual(
        yield* code("presence_announce", { data: { sessionId: 1, locations: [] } }),
        -32602
      )
      assert.strictEqual(
        yield* code("presence_announce", { data: { sessionId: "s", locations: {} } }),
        -32602
      )
      assert.strictEqual(yield* code("presence_rollcall"), -32602)
      assert.strictEqual(yield* code("presence_disconnect", { session: null }), -32602)
      assert.strictEqual(yield* code("presence_unsubscribe"), -32602)
      assert.deepEqual(yield* client.rest, [])
    })
  )

  relay("without an id count, and are not answered", (url) =>
    Effect.gen(function* () {
      const client = yield* join(url, "p-ada")
      client.send(
        '{"jsonrpc":"2.0","method":"presence_announce","params":{"data":{"sessionId":"s","locations":[]}}}'
      )
      assert.deepEqual(yield* client.rest, [state("p-ada", "s")])
    })
  )

  relay(
    "[S6] that are too large close their connection only",
    (url) =>
      Effect.gen(function* () {
        const other = yield* join(url, "p-bob")
        const client = yield* join(url, "p-ada")
        client.send("x".repeat(2_000))
        assert.strictEqual((yield* client.closed).code, 1009)
        assert.isUndefined((yield* other.announce("s")).error)
      }),
    { maxFrameSize: 1_000 }
  )

  relay(
    "of a heartbeat come at the interval, authorized or not",
    (url) =>
      Effect.gen(function* () {
        const client = yield* connect(url)
        yield* client.heartbeat
        yield* client.heartbeat
      }),
    { heartbeatInterval: "20 millis" }
  )
})
