import { assert, describe, it } from "@effect/vitest"
import { createClient } from "@sanity/client"
import * as Effect from "effect/Effect"
import { type PresenceError, SanityClient, type SanityClientOptions } from "../../src/index.ts"

const built = (options: SanityClientOptions) =>
  Effect.provide(SanityClient.use(Effect.succeed), SanityClient.layer(options))

const fails = (effect: Effect.Effect<unknown, PresenceError>, tag: string, message: string) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.strictEqual(error._tag, "PresenceError")
    assert.strictEqual(error.reason._tag, tag)
    assert.include(error.message, message)
  })

describe("SanityClient", () => {
  it.effect("addresses a dataset's room on the project's host", () =>
    Effect.gen(function* () {
      const { resource, socketUrl } = yield* built({ projectId: "abc", dataset: "my-data" })
      assert.strictEqual(
        socketUrl,
        "wss://abc.api.sanity.io/v2022-06-30/socket/my-data?tag=sanity.sdk.presence"
      )
      assert.deepStrictEqual(resource, { type: "dataset", projectId: "abc", dataset: "my-data" })
    })
  )

  it.effect("addresses a relay without the project in the host name", () =>
    Effect.gen(function* () {
      const { socketUrl } = yield* built({
        projectId: "abc",
        dataset: "d",
        apiHost: "http://127.0.0.1:4000"
      })
      assert.strictEqual(
        socketUrl,
        "ws://127.0.0.1:4000/v2022-06-30/socket/d?tag=sanity.sdk.presence"
      )
    })
  )

  it.effect("addresses a canvas on the global host", () =>
    Effect.gen(function* () {
      const { resource, socketUrl } = yield* built({ canvasId: "c1" })
      assert.strictEqual(
        socketUrl,
        "wss://api.sanity.io/v2022-06-30/socket/canvases/c1?tag=sanity.sdk.presence"
      )
      assert.deepStrictEqual(resource, { type: "canvas", canvasId: "c1" })
    })
  )

  it.effect("pins an app's client to its API version and keeps its tag", () =>
    Effect.gen(function* () {
      const app = createClient({
        projectId: "abc",
        dataset: "d",
        apiVersion: "2026-01-01",
        useCdn: true,
        requestTagPrefix: "my.app"
      })
      const { client, socketUrl } = yield* SanityClient.use(Effect.succeed).pipe(
        Effect.provide(SanityClient.layerClient(app))
      )
      assert.strictEqual(client.config().apiVersion, "2022-06-30")
      assert.strictEqual(socketUrl, "wss://abc.api.sanity.io/v2022-06-30/socket/d?tag=my.app")
      assert.strictEqual(app.config().apiVersion, "2026-01-01")
    })
  )

  it.effect("addresses a client whose dataset is given as a resource on the project's host", () =>
    Effect.gen(function* () {
      const app = createClient({
        resource: { type: "dataset", id: "abc.my-data" },
        apiVersion: "2026-01-01",
        useCdn: false
      })
      const { socketUrl } = yield* SanityClient.use(Effect.succeed).pipe(
        Effect.provide(SanityClient.layerClient(app))
      )
      assert.strictEqual(
        socketUrl,
        "wss://abc.api.sanity.io/v2022-06-30/socket/my-data?tag=sanity.sdk.presence"
      )
    })
  )

  it.effect("addresses the dataset that a client names as its resource, not its own project", () =>
    Effect.gen(function* () {
      const app = createClient({
        projectId: "p1",
        dataset: "d1",
        resource: { type: "dataset", id: "p2.d2" },
        apiVersion: "2026-01-01",
        useCdn: false
      })
      const { socketUrl } = yield* SanityClient.use(Effect.succeed).pipe(
        Effect.provide(SanityClient.layerClient(app))
      )
      assert.include(socketUrl, "wss://p2.api.sanity.io/v2022-06-30/socket/d2?")
    })
  )

  it.effect("addresses a socket on a host of its own, and leaves all else where it is", () =>
    Effect.gen(function* () {
      const socketHost = "http://127.0.0.1:4000"
      const { client, socketClient, socketUrl } = yield* built({
        projectId: "abc",
        dataset: "d",
        socketHost
      })
      assert.strictEqual(
        socketUrl,
        "ws://127.0.0.1:4000/v2022-06-30/socket/d?tag=sanity.sdk.presence"
      )
      assert.strictEqual(client.config().url, "https://abc.api.sanity.io/v2022-06-30")
      assert.strictEqual(socketClient.config().url, "http://127.0.0.1:4000/v2022-06-30")

      const canvas = yield* built({ canvasId: "c1", socketHost: "https://relay.example.com" })
      assert.strictEqual(
        canvas.socketUrl,
        "wss://relay.example.com/v2022-06-30/socket/canvases/c1?tag=sanity.sdk.presence"
      )
      const both = yield* built({
        projectId: "abc",
        dataset: "d",
        apiHost: "https://api.example.com",
        useProjectHostname: true,
        socketHost: "https://relay.example.com"
      })
      assert.include(both.socketUrl, "wss://relay.example.com/v2022-06-30/socket/d?")
      assert.strictEqual(both.client.config().url, "https://abc.api.example.com/v2022-06-30")
      const none = yield* built({ projectId: "abc", dataset: "d" })
      assert.strictEqual(none.socketClient, none.client)
    })
  )

  it.effect("addresses an app's own client's socket on another host, with its own tag", () =>
    Effect.gen(function* () {
      const app = createClient({
        resource: { type: "dataset", id: "abc.my-data" },
        apiVersion: "2026-01-01",
        useCdn: true,
        requestTagPrefix: "my.app"
      })
      const { client, socketUrl } = yield* SanityClient.use(Effect.succeed).pipe(
        Effect.provide(SanityClient.layerClient(app, { socketHost: "https://relay.example.com" }))
      )
      assert.strictEqual(socketUrl, "wss://relay.example.com/v2022-06-30/socket/my-data?tag=my.app")
      assert.strictEqual(client.config().url, "https://abc.api.sanity.io/v2022-06-30")
    })
  )

  it.effect("says what is missing or wrong, before any network", () =>
    Effect.gen(function* () {
      yield* fails(built({ dataset: "d" }), "InvalidConfiguration", "project id is missing")
      yield* fails(built({ projectId: "", dataset: "d" }), "InvalidConfiguration", "project id")
      yield* fails(built({ projectId: "abc" }), "InvalidConfiguration", "dataset is missing")
      yield* fails(built({ projectId: "a_b", dataset: "d" }), "InvalidConfiguration", "projectId")
      yield* fails(built({ projectId: "abc", dataset: "A B" }), "InvalidConfiguration", "Datasets")
      yield* fails(
        built({ projectId: "abc", dataset: "d", apiHost: "no address" }),
        "InvalidConfiguration",
        "no address"
      )
      yield* fails(
        built({ projectId: "abc", dataset: "d", socketHost: "relay.example.com" }),
        "InvalidConfiguration",
        "Give `socketHost`"
      )
      const library = createClient({
        resource: { type: "media-library", id: "ml1" },
        apiVersion: "2026-01-01",
        useCdn: false
      })
      yield* fails(
        Effect.provide(SanityClient.use(Effect.succeed), SanityClient.layerClient(library)),
        "UnsupportedResource",
        "media-library"
      )
      yield* fails(
        Effect.provide(
          SanityClient.use(Effect.succeed),
          SanityClient.layerClient(
            createClient({ projectId: "abc", apiVersion: "1", useCdn: false })
          )
        ),
        "InvalidConfiguration",
        "dataset"
      )
    })
  )

  it.effect("takes no address with a password, and does not repeat it", () =>
    Effect.gen(function* () {
      const apiHost = "https://ann:secret@api.example.com"
      const error = yield* Effect.flip(built({ projectId: "abc", dataset: "d", apiHost }))
      assert.include(error.message, "without a user")
      assert.notInclude(error.message, "secret")
    })
  )
})
