/** Many rooms at once, on a server that grants everything and counts its connections. */
import { assert, describe, it } from "@effect/vitest"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { decodeFrame, encodeReply } from "../../src/bifur/JsonRpc.ts"
import { Auth, Presence, PresenceMap, type Resource, Users } from "../../src/index.ts"

interface Opened {
  readonly path: string
  readonly token: unknown
}

const server = Effect.gen(function* () {
  const wss = yield* Effect.acquireRelease(
    Effect.callback<NodeWS.WebSocketServer>((resume) => {
      const wss = new NodeWS.WebSocketServer({ port: 0, host: "127.0.0.1" })
      wss.on("listening", () => resume(Effect.succeed(wss)))
    }),
    (wss) =>
      Effect.sync(() => {
        for (const socket of wss.clients) socket.terminate()
        wss.close()
      })
  )
  const opened: Array<Opened> = []
  const closed = yield* Queue.unbounded<string>()
  wss.on("connection", (ws, request) => {
    const path = request.url?.split("?")[0] ?? ""
    ws.on("message", (data) => {
      const frame = decodeFrame(data.toString())
      if (frame._tag !== "Request") return
      if (frame.method === "authorization") opened.push({ path, token: frame.params })
      ws.send(encodeReply(frame.id, "sub"))
    })
    ws.on("close", () => Queue.offerUnsafe(closed, path))
  })
  const address = wss.address()
  const port = typeof address === "object" ? address?.port : undefined
  return { apiHost: `http://127.0.0.1:${port}`, opened, closed }
})

const connected = (presence: Presence["Service"]) =>
  SubscriptionRef.changes(presence.status).pipe(
    Stream.filter(({ _tag }) => _tag === "Connected"),
    Stream.runHead
  )

const setup = Effect.fnUntraced(function* (idleTimeToLive: Duration.Input) {
  const { apiHost, closed, opened } = yield* server
  const rooms = Context.get(
    yield* Layer.build(
      PresenceMap.layer({ apiHost, idleTimeToLive }).pipe(Layer.provide(Auth.layerToken("p-ada")))
    ),
    PresenceMap
  )
  return {
    rooms,
    opened,
    closed,
    enter: (resource: Resource) => Effect.tap(rooms.in(resource), connected)
  }
})

type Test = Effect.Success<ReturnType<typeof setup>>

const live = <A, E>(
  name: string,
  body: (test: Test) => Effect.Effect<A, E, Scope.Scope>,
  idleTimeToLive: Duration.Input = "1 hour"
) => it.live(name, () => Effect.flatMap(setup(idleTimeToLive), body))

const dataset = (name: string, projectId = "abc"): Resource => ({
  type: "dataset",
  projectId,
  dataset: name
})

describe("PresenceMap", () => {
  live("[P2] a room that is asked for twice is one connection and one session", (test) =>
    Effect.gen(function* () {
      const { enter, opened, rooms } = test
      const [first, second] = yield* Effect.all(
        [enter(dataset("books")), enter(dataset("books"))],
        {
          concurrency: "unbounded"
        }
      )
      assert.strictEqual(first, second)
      const reordered: Resource = { dataset: "books", projectId: "abc", type: "dataset" }
      assert.strictEqual(yield* enter(reordered), first)
      const fromLayer = yield* Effect.provide(Presence.use(Effect.succeed), rooms.get(reordered))
      assert.strictEqual(fromLayer, first)
      assert.lengthOf(opened, 1)
      assert.strictEqual(opened[0]?.path, "/v2022-06-30/socket/books")
      assert.include(JSON.stringify(opened[0]?.token), "Bearer p-ada")
    })
  )

  live("two datasets, projects or canvases are two rooms", ({ enter, opened }) =>
    Effect.gen(function* () {
      const resources: ReadonlyArray<Resource> = [
        dataset("books"),
        dataset("films"),
        dataset("books", "xyz"),
        { type: "canvas", canvasId: "c1" },
        { type: "canvas", canvasId: "c2" }
      ]
      const all = yield* Effect.forEach(resources, enter, { concurrency: "unbounded" })
      assert.strictEqual(new Set(all).size, 5)
      assert.strictEqual(new Set(all.map(({ sessionId }) => sessionId)).size, 5)
      assert.sameMembers(
        opened.map(({ path }) => path),
        ["books", "films", "books", "canvases/c1", "canvases/c2"].map(
          (room) => `/v2022-06-30/socket/${room}`
        )
      )
    })
  )

  live("each room has profiles of its own", ({ rooms }) =>
    Effect.gen(function* () {
      const usersOf = (resource: Resource) =>
        Effect.map(Layer.build(rooms.get(resource)), Context.get(Users))
      const books = yield* usersOf(dataset("books"))
      assert.strictEqual(yield* usersOf(dataset("books")), books)
      assert.notStrictEqual(yield* usersOf(dataset("films")), books)
    })
  )

  live(
    "[C9] a room that nobody uses is left, the others stay, and whoever asks again joins anew",
    ({ closed, enter, opened }) =>
      Effect.gen(function* () {
        const films = yield* enter(dataset("films"))
        const first = yield* Effect.scoped(enter(dataset("books")))
        assert.strictEqual(yield* Queue.take(closed), "/v2022-06-30/socket/books")
        assert.strictEqual(yield* enter(dataset("films")), films)
        assert.notStrictEqual((yield* enter(dataset("books"))).sessionId, first.sessionId)
        assert.lengthOf(opened, 3)
      }),
    "10 millis"
  )

  live("a room outlives the last of its users for the time that is given", ({ enter, opened }) =>
    Effect.gen(function* () {
      const first = yield* Effect.scoped(enter(dataset("books")))
      const second = yield* Effect.scoped(enter(dataset("books")))
      assert.strictEqual(first, second)
      assert.lengthOf(opened, 1)
    })
  )

  live("a room that can't be is a typed error, then and later, and harms no other", (test) =>
    Effect.gen(function* () {
      const { enter, opened, rooms } = test
      for (const resource of [
        dataset(""),
        dataset("Not a dataset"),
        dataset("books", ""),
        { type: "canvas", canvasId: "" }
      ] satisfies ReadonlyArray<Resource>) {
        for (let attempt = 0; attempt < 2; attempt++) {
          const error = yield* Effect.flip(rooms.in(resource))
          assert.strictEqual(error._tag, "PresenceError")
          assert.strictEqual(error.reason._tag, "InvalidConfiguration")
        }
      }
      yield* enter(dataset("books"))
      assert.lengthOf(opened, 1)
    })
  )

  live(
    "there is none of a media library: its type says so, and untyped code gets a typed error",
    (test) =>
      Effect.gen(function* () {
        // @ts-expect-error a media library has no presence
        const impossible: Resource = { type: "media-library", mediaLibraryId: "m1" }
        const error = yield* Effect.flip(test.rooms.in(impossible))
        assert.strictEqual(error._tag, "PresenceError")
        assert.lengthOf(test.opened, 0)
      })
  )

  it.live("[C9] all rooms end with the map", () =>
    Effect.gen(function* () {
      const { apiHost, closed } = yield* server
      const scope = yield* Scope.make()
      const rooms = Context.get(
        yield* Layer.buildWithScope(
          PresenceMap.layer({ apiHost }).pipe(Layer.provide(Auth.layerToken("p-ada"))),
          scope
        ),
        PresenceMap
      )
      yield* Effect.scoped(
        Effect.forEach(["books", "films"], (name) =>
          Effect.flatMap(rooms.in(dataset(name)), connected)
        )
      )
      yield* Scope.close(scope, Exit.void)
      const ended = [yield* Queue.take(closed), yield* Queue.take(closed)]
      assert.sameMembers(ended, ["/v2022-06-30/socket/books", "/v2022-06-30/socket/films"])
    })
  )
})
