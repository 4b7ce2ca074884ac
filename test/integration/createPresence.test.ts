/** Presence for TypeScript without Effect, on a real relay. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { createClient } from "@sanity/client"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  Auth,
  ConnectionStatus,
  createPresence,
  InvalidConfiguration,
  Presence,
  PresenceError,
  type PresenceHandle,
  type PresenceOptions,
  profileOf,
  SanityClient,
  type StateSource,
  UserId,
  Users
} from "../../src/index.ts"
import { Relay } from "../../src/relay/index.ts"

const runtime = ManagedRuntime.make(Relay.layerTest)
let apiHost = ""

beforeAll(async () => {
  apiHost = (await runtime.runPromise(Relay.use(Effect.succeed))).url
})
afterAll(() => runtime.dispose())

const open = async (
  options: PresenceOptions,
  body: (presence: PresenceHandle) => Promise<void>
) => {
  const presence = createPresence({ projectId: "demo", dataset: "production", apiHost, ...options })
  try {
    await body(presence)
  } finally {
    await presence.close()
  }
}

/** Resolves with the first value that fits; the test's own timeout bounds it. */
const until = <A>(source: StateSource.StateSource<A>, fits: (value: A) => boolean): Promise<A> =>
  new Promise((resolve) => {
    let done = false
    const check = () => {
      const value = source.getCurrent()
      if (done || !fits(value)) return
      done = true
      queueMicrotask(() => unsubscribe())
      resolve(value)
    }
    const unsubscribe = source.subscribe(check)
    check()
  })

const people = (presence: PresenceHandle) => presence.getPresenceLocations()

describe("createPresence", () => {
  it("shows two people to each other, moving, leaving, each with what it reported", async () => {
    await open({ token: "p-ada" }, async (ada) => {
      await open({ token: "g-bob" }, async (bob) => {
        const field = `field-${Math.random()}`
        await Promise.all([ada.ready(), bob.ready()])
        bob.reportPresence([{ documentId: "drafts.a", path: [field, { _key: "k" }] }])
        const [seen] = await until(people(ada), (all) => all.length === 1)
        assert.strictEqual(seen?.user.id, "g-bob")
        assert.strictEqual(seen?.sessionId, bob.getSelf().getCurrent().sessionId)
        assert.deepStrictEqual(seen?.locations[0]?.path, [field, { _key: "k" }])
        bob.reportPresence([{ documentId: "drafts.b" }])
        await until(people(ada), ([b]) => b?.locations[0]?.documentId === "drafts.b")
        assert.deepStrictEqual(people(bob).getCurrent(), [], "ada only reads")
      })
      await until(people(ada), (all) => all.length === 0)
    })
  })

  it("[C1] whoever comes later sees who was there before", async () => {
    await open({ token: "p-ada" }, async (ada) => {
      ada.reportPresence([])
      await ada.ready()
      await open({ token: "p-bob" }, async (bob) => {
        await bob.ready()
        assert.deepStrictEqual(
          people(bob)
            .getCurrent()
            .map(({ user }) => user.id),
          ["p-ada"]
        )
      })
    })
  })

  it("takes the app's own client, and its token", async () => {
    const client = createClient({
      projectId: "demo",
      dataset: "production",
      apiVersion: "2026-01-01",
      useCdn: false,
      apiHost,
      useProjectHostname: false,
      token: "p-client"
    })
    await open({ client }, async (own) => {
      own.reportPresence([])
      await open({ token: "p-bob" }, async (bob) => {
        const [seen] = await until(people(bob), (all) => all.length > 0)
        assert.strictEqual(seen?.user.id, "p-client")
      })
    })
  })

  it("[P1] snapshots are identical until they change", async () => {
    await open({ token: "p-ada" }, async (ada) => {
      await open({ token: "p-bob" }, async (bob) => {
        await ada.ready()
        bob.reportPresence([{ documentId: "a" }])
        const before = await until(people(ada), (all) => all.length === 1)
        assert.strictEqual(people(ada).getCurrent(), before)
        assert.strictEqual(ada.getStatus().getCurrent(), ada.getStatus().getCurrent())
        assert.strictEqual(ada.getSelf().getCurrent(), ada.getSelf().getCurrent())
      })
    })
  })

  it("[C2] [C8] an unreachable host: says so, keeps trying, and throws nothing", async () => {
    await open({ token: "p-ada", apiHost: "http://127.0.0.1:9" }, async (ada) => {
      ada.reportPresence([])
      const status = await until(ada.getStatus(), ({ _tag }) => _tag === "Reconnecting")
      assert.include(ConnectionStatus.describe(status), "127.0.0.1:9 could not be reached")
      ada.retryNow()
      await until(ada.getStatus(), (s) => s._tag === "Reconnecting" && s.attempt > 1)
    })
  })

  it("[C6] [C8] a refused token: a typed error that says what to do and never the token", async () => {
    const token = `sk${"Secret".repeat(20)}`
    await open({ token }, async (ada) => {
      const error = await ada.ready().then(
        () => assert.fail("was ready"),
        (reason: unknown) => reason
      )
      assert.instanceOf(error, PresenceError)
      assert.strictEqual(error.reason._tag, "Unauthorized")
      const status = ConnectionStatus.describe(ada.getStatus().getCurrent())
      assert.include(status, "use the name of a user")
      assert.notInclude(
        `${status} ${error.message} ${error.stack} ${JSON.stringify(error)}`,
        "Secret"
      )
    })
  })

  it("throws a typed error where the options name no room", () => {
    for (const [options, tag] of [
      [{ dataset: "production" }, "InvalidConfiguration"],
      [{ projectId: "demo" }, "InvalidConfiguration"],
      [{ canvasId: "" }, "InvalidConfiguration"],
      [{ projectId: "demo", dataset: "d", apiHost: "ftp://a.b" }, "InvalidConfiguration"],
      [{ projectId: "demo", dataset: "d", apiHost: "http://u:p@a.b" }, "InvalidConfiguration"],
      [{ projectId: "demo", dataset: "d", config: { backoffBase: NaN } }, "InvalidConfiguration"],
      [{ projectId: "demo", dataset: "d", config: { sessionTtl: -1 } }, "InvalidConfiguration"],
      [
        {
          client: createClient({
            resource: { type: "media-library", id: "m" },
            apiVersion: "1",
            useCdn: false
          })
        },
        "UnsupportedResource"
      ]
    ] as const) {
      try {
        createPresence(options)
        assert.fail("threw nothing")
      } catch (error) {
        assert.instanceOf(error, PresenceError)
        assert.strictEqual(error.reason._tag, tag)
      }
    }
  })

  it("ready rejects with a typed error when it is closed before", async () => {
    const presence = createPresence({
      projectId: "demo",
      dataset: "d",
      apiHost: "http://127.0.0.1:9"
    })
    const ready = presence.ready().then(
      () => "ready",
      (error: unknown) => error
    )
    await presence.close()
    assert.instanceOf(await ready, PresenceError)
    assert.instanceOf(await presence.ready().catch((error: unknown) => error), PresenceError)
    assert.deepStrictEqual(presence.getStatus().getCurrent(), { _tag: "Closed" })
  })

  it("a layer that cannot be built shows as a status, not as an exception", async () => {
    const layer = Layer.effect(
      Presence,
      Effect.fail(
        new PresenceError({ reason: new InvalidConfiguration({ detail: "No such thing." }) })
      )
    )
    await open({ layer }, async (presence) => {
      const status = await until(presence.getStatus(), ({ _tag }) => _tag === "Failed")
      assert.strictEqual(ConnectionStatus.describe(status), "No such thing.")
    })
  })
})

describe("profiles", () => {
  it("[U1] people get their names, whatever the form of their id", async () => {
    await open({ token: "p-ada-lovelace" }, async (ada) => {
      await open({ token: "g-alan-turing" }, async (alan) => {
        await open({ token: "e-grace" }, async (grace) => {
          for (const presence of [ada, alan, grace]) presence.reportPresence([])
          const all = await until(
            people(ada),
            (present) =>
              present.length === 2 && present.every(({ user }) => user.displayName !== user.id)
          )
          assert.sameMembers(
            all.map(({ user }) => user.displayName),
            ["Alan Turing", "E Grace"]
          )
          const [seen] = await until(people(alan), (present) =>
            present.some(({ user }) => user.displayName === "Ada Lovelace")
          )
          assert.isDefined(seen)
        })
      })
    })
  })

  it("[U1] a canvas knows people through its organization", async () => {
    const canvas = { projectId: undefined, dataset: undefined, canvasId: "canvas-1" }
    await open({ ...canvas, token: "p-ada-lovelace" }, async (ada) => {
      await open({ ...canvas, token: "g-alan-turing" }, async (alan) => {
        for (const presence of [ada, alan]) presence.reportPresence([])
        await until(people(ada), ([user]) => user?.user.displayName === "Alan Turing")
        await until(people(alan), ([user]) => user?.user.displayName === "Ada Lovelace")
      })
    })
  })

  it("[U1] an id that no path can hold keeps nobody else's name away", async () => {
    const client = createClient({
      projectId: "demo",
      dataset: "production",
      apiVersion: "1",
      useCdn: false,
      apiHost,
      useProjectHostname: false
    })
    const names = await Effect.runPromise(
      Effect.gen(function* () {
        const users = yield* Users
        yield* users.request([UserId.make("p\ud800"), UserId.make("p-ada-lovelace")])
        return yield* SubscriptionRef.changes(users.profiles).pipe(
          Stream.filter((profiles) => HashMap.size(profiles) > 0),
          Stream.map((profiles) => profileOf(profiles, UserId.make("p-ada-lovelace")).displayName),
          Stream.runHead
        )
      }).pipe(
        Effect.provide(Users.layer),
        Effect.provide(SanityClient.layerClient(client)),
        Effect.provide(Auth.layerToken("p-ada-lovelace"))
      )
    )
    assert.deepStrictEqual(names, Option.some("Ada Lovelace"))
  })
})
