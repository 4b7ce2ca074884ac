import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { createPresence } from "../../src/index.ts"
import * as FaultProxy from "../support/FaultProxy.ts"
import { valueOf } from "../support/valueOf.ts"
import { gone, join, state } from "./RelayClient.ts"
import { relay } from "./relayTest.ts"

/** The defaults, but for what makes a death known fast. */
const grace = 1_000
const options = {
  announceInterval: 50,
  batchInterval: 10,
  returnGrace: grace,
  silenceTimeout: 2_000
}

/** Long enough for a false leave to be published, in milliseconds. */
const beyondGrace = grace + 300

/** What our client shows, in the order in which it was shown: who is there, by session. */
const observe = Effect.fnUntraced(function* (url: string) {
  const presence = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createPresence({
        projectId: "demo",
        dataset: "production",
        apiHost: url,
        token: "p-observer"
      })
    ),
    (presence) => Effect.promise(() => presence.close())
  )
  const people = presence.getPresenceLocations()
  const history: Array<ReadonlyArray<string>> = []
  const look = (): void => {
    history.push(people.getCurrent().map(({ sessionId, user }) => `${user.id} ${sessionId}`))
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => people.subscribe(look)),
    (stop) => Effect.sync(stop)
  )
  return {
    history,
    sees: (who: string) =>
      valueOf(people, (all) =>
        all.some(({ sessionId, user }) => `${user.id} ${sessionId}` === who)
      ),
    seesNobody: valueOf(people, (all) => all.length === 0)
  }
})

/** A client that is there, and can be cut off from the test's side without a goodbye. */
const page = Effect.fnUntraced(function* (url: string, word: string) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const client = yield* Scope.provide(join(url, "p-ada"), scope)
  return { ...client, say: client.announce("tab", [word]), cut: Scope.close(scope, Exit.void) }
})

const here = "p-ada tab"

describe("a page that reloads with the same session id", () => {
  const scenario = (
    name: string,
    reload: (
      old: Effect.Success<ReturnType<typeof page>>,
      open: ReturnType<typeof page>
    ) => Effect.Effect<unknown, unknown, Scope.Scope>
  ) =>
    relay(
      `[S4] is seen to leave by nobody where ${name}`,
      (url) =>
        Effect.gen(function* () {
          const observer = yield* observe(url)
          const watcher = yield* join(url, "p-watcher")
          const old = yield* page(url, "before")
          yield* old.say
          yield* observer.sees(here)
          assert.deepEqual(yield* watcher.next, state("p-ada", "tab", ["before"]))
          const shown = observer.history.length
          yield* reload(old, page(url, "after"))
          yield* Effect.sleep(beyondGrace)
          assert.deepEqual(yield* watcher.rest, [state("p-ada", "tab", ["after"])])
          for (const people of observer.history.slice(shown)) assert.deepEqual(people, [here])
        }),
      options
    )

  scenario("the old socket closes after the new one announces", (old, open) =>
    Effect.gen(function* () {
      const reloaded = yield* open
      yield* reloaded.say
      old.socket.close()
      yield* old.closed
    })
  )

  scenario("the old socket closes before the new one announces", (old, open) =>
    Effect.gen(function* () {
      old.socket.close()
      yield* old.closed
      const reloaded = yield* open
      yield* reloaded.say
    })
  )

  scenario("the old socket is cut off before the new one announces", (old, open) =>
    Effect.gen(function* () {
      yield* old.cut
      const reloaded = yield* open
      yield* reloaded.say
    })
  )

  scenario("both happen at the same time", (old, open) =>
    Effect.gen(function* () {
      const reloaded = yield* open
      const cut = Effect.sync(() => old.socket.terminate())
      yield* Effect.all([cut, reloaded.say], { concurrency: "unbounded" })
    })
  )

  scenario("the old page says goodbye only when the new one is there", (old, open) =>
    Effect.gen(function* () {
      const reloaded = yield* open
      yield* reloaded.say
      yield* old.disconnect("tab")
      old.socket.close()
    })
  )
})

describe("a client behind a socket that is open at one end only", () => {
  relay(
    "[S4] that has come back on a new one is not ended by the death of the old one",
    (url) =>
      Effect.gen(function* () {
        const observer = yield* observe(url)
        const watcher = yield* join(url, "p-watcher")
        const proxy = yield* FaultProxy.make(url)
        const old = yield* page(proxy.url, "before")
        yield* old.say
        yield* observer.sees(here)
        yield* watcher.next
        const shown = observer.history.length
        yield* proxy.blackHole("both")
        const back = yield* page(url, "after")
        yield* back.say
        // The relay gives the old one up in this time, and its grace passes.
        yield* Effect.sleep(options.silenceTimeout * 1.125 + beyondGrace)
        assert.deepEqual(yield* watcher.rest, [state("p-ada", "tab", ["after"])])
        for (const people of observer.history.slice(shown)) assert.deepEqual(people, [here])
        // Nor is the new one's held up by what became of the old.
        yield* back.cut
        assert.deepEqual(yield* watcher.next, gone("p-ada", "tab"))
        yield* observer.seesNobody
      }),
    options
  )

  relay(
    "[S4] is ended where it announced on the old one only",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const proxy = yield* FaultProxy.make(url)
        const old = yield* page(proxy.url, "before")
        yield* old.say
        yield* watcher.next
        yield* proxy.blackHole("both")
        yield* page(url, "silent")
        assert.deepEqual(yield* watcher.next, gone("p-ada", "tab"))
      }),
    options
  )
})

describe("a connection that is cut", () => {
  relay(
    "[S4] and back within a second is no leave and no join, for our own client",
    (url) =>
      Effect.gen(function* () {
        const observer = yield* observe(url)
        const watcher = yield* join(url, "p-watcher")
        const proxy = yield* FaultProxy.make(url)
        const client = yield* Effect.acquireRelease(
          Effect.sync(() =>
            createPresence({
              projectId: "demo",
              dataset: "production",
              apiHost: proxy.url,
              token: "p-ada"
            })
          ),
          (presence) => Effect.promise(() => presence.close())
        )
        client.reportPresence([{ documentId: "book", path: ["title"] }])
        const first = yield* watcher.next
        assert(first.type === "state")
        const person = `p-ada ${first.m.sessionId}`
        yield* observer.sees(person)
        const shown = observer.history.length
        const accepted = yield* proxy.accepted
        yield* proxy.cut
        yield* Effect.sleep(beyondGrace)
        assert.isAbove(yield* proxy.accepted, accepted)
        for (const { type } of yield* watcher.rest) assert.strictEqual(type, "state")
        for (const people of observer.history.slice(shown)) {
          assert.deepEqual(people, [person])
        }
      }),
    options
  )

  relay(
    "[S4] and gone for good is told after the grace, and within two seconds",
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const client = yield* page(url, "here")
        yield* client.say
        yield* watcher.next
        const start = performance.now()
        yield* client.cut
        assert.deepEqual(yield* watcher.next, gone("p-ada", "tab"))
        const took = performance.now() - start
        console.log(`cut: told as gone after ${Math.round(took)} ms`)
        assert.isAtLeast(took, grace - 10)
        assert.isBelow(took, 2_000)
      }),
    options
  )
})
