import { fromUrl } from "@sanity/bifur-client"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { firstValueFrom, of } from "rxjs"
import { gone, join, state } from "../relay/RelayClient.ts"
import { startRelay } from "./Interop.ts"

// Every wait has an end of its own, and says what it was for; this is for what has none.
vi.setConfig({ testTimeout: 60_000 })

const session = "kept over a reload"

/** What Studio does with its client when a page opens. */
const openPage = Effect.fnUntraced(function* (url: string) {
  const socketUrl = `${url.replace(/^http/, "ws")}/v2022-06-30/socket/production?tag=interop`
  const bifur = fromUrl(socketUrl, { token$: of("p-grace-hopper") })
  const listening = bifur.listen("presence").subscribe()
  const close = Effect.sync(() => listening.unsubscribe())
  yield* Effect.addFinalizer(() => close)
  yield* Effect.promise(() => firstValueFrom(bifur.request("presence_rollcall", { session })))
  const announce = (word: string) =>
    Effect.promise(() =>
      firstValueFrom(
        bifur.request("presence_announce", { data: { sessionId: session, locations: [word] } })
      )
    )
  return { announce, close }
})

type Page = Effect.Success<ReturnType<typeof openPage>>

/** Longer than the grace of a relay with the defaults, in milliseconds. */
const beyondGrace = 1_400

describe("a page on bifur-client that reloads and keeps its session id", () => {
  const scenario = (
    name: string,
    reload: (
      old: Page,
      open: ReturnType<typeof openPage>
    ) => Effect.Effect<Page, unknown, Scope.Scope>
  ) =>
    it.live(`[S4] is seen to leave by nobody where ${name}`, () =>
      Effect.gen(function* () {
        const { url } = yield* startRelay()
        const watcher = yield* join(url, "p-watcher")
        const old = yield* openPage(url)
        yield* old.announce("before")
        assert.deepEqual(yield* watcher.next, state("p-grace-hopper", session, ["before"]))
        const page = yield* reload(old, openPage(url))
        yield* Effect.sleep(beyondGrace)
        assert.deepEqual(yield* watcher.rest, [state("p-grace-hopper", session, ["after"])])
        yield* page.close
        assert.deepEqual(yield* watcher.next, gone("p-grace-hopper", session))
      })
    )

  scenario("its old socket closes after the new one announces", (old, open) =>
    Effect.gen(function* () {
      const page = yield* open
      yield* page.announce("after")
      yield* old.close
      return page
    })
  )

  scenario("its old socket closes before the new one opens", (old, open) =>
    Effect.gen(function* () {
      yield* old.close
      const page = yield* open
      yield* page.announce("after")
      return page
    })
  )

  scenario("both happen at the same time", (old, open) =>
    Effect.gen(function* () {
      const page = yield* open
      yield* Effect.all([page.announce("after"), old.close], { concurrency: "unbounded" })
      return page
    })
  )
})
