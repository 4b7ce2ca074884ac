import { assert, describe } from "@effect/vitest"
import { createClient } from "@sanity/client"
import { fromSanityClient } from "@sanity/bifur-client"
import { createSanityInstance, getPresence, reportPresence } from "@sanity/sdk"
import * as Effect from "effect/Effect"
import { gone, join, state } from "./RelayClient.ts"
import { relay } from "./relayTest.ts"

const location = {
  type: "document",
  documentId: "drafts.book",
  path: ["title"],
  lastActiveAt: "2026-11-24T10:00:00.000Z"
}

/** A peer on `@sanity/bifur-client`. */
const bifurPeer = (url: string, token: string) => {
  const client = createClient({
    projectId: "demo",
    dataset: "production",
    apiHost: url,
    useProjectHostname: false,
    apiVersion: "2022-06-30",
    useCdn: false
  })
  return fromSanityClient({
    config: () => ({ dataset: "production", token }),
    getUrl: (path) => client.getUrl(path)
  })
}

/** A peer on `@sanity/sdk`. */
const sdkPeer = (url: string, token: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      createSanityInstance({
        projectId: "demo",
        dataset: "production",
        auth: { token, apiHost: url },
        useProjectHostname: false
      })
    ),
    (instance) => Effect.sync(() => instance.dispose())
  )

// The socket of bifur-client outlives the test; it tells those still listening that the relay went.
const error = () => undefined

describe("@sanity/bifur-client", () => {
  relay("authorizes, subscribes and announces", (url) =>
    Effect.gen(function* () {
      const watcher = yield* join(url, "p-watcher")
      const peer = bifurPeer(url, "p-ada")
      const seen = yield* Effect.callback<unknown>((resume) => {
        const next = (event: unknown) => resume(Effect.succeed(event))
        peer.listen("presence", {}).subscribe({ next, error })
        peer
          .request("presence_announce", { data: { sessionId: "s", locations: [location] } })
          .subscribe({ error })
      })
      assert.deepEqual(seen, state("p-ada", "s", [location]))
      assert.deepEqual(yield* watcher.next, state("p-ada", "s", [location]))
    })
  )
})

describe("@sanity/sdk", () => {
  relay("meets others in the room, with their profiles, and leaves it", (url) =>
    Effect.gen(function* () {
      const other = yield* join(url, "p-grace-hopper")
      yield* other.announce("g1", [location])
      yield* other.next
      const instance = yield* sdkPeer(url, "p-ada-lovelace")
      const presence = getPresence(instance)
      reportPresence(instance, { locations: [{ documentId: "book" }] })

      const shown = yield* Effect.callback<string>((resume) => {
        const look = () => {
          const [one] = presence.getCurrent()
          const name = one?.user.profile.displayName
          if (name === "Grace Hopper") resume(Effect.succeed(name))
        }
        const stop = presence.subscribe(look)
        look()
        return Effect.sync(stop)
      })
      assert.strictEqual(shown, "Grace Hopper")
      const arrived = yield* other.next
      assert.strictEqual(arrived.type, "state")
      assert.strictEqual(arrived.i, "p-ada-lovelace")
      instance.dispose()
      const left = yield* other.next
      const session = arrived.type === "state" ? arrived.m.sessionId : ""
      assert.deepEqual<unknown>(left, gone("p-ada-lovelace", session))
    })
  )
})
