/** Servers that let nobody in, in real Chromium: what a person is told, and how often it is tried. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import * as Browser from "./Browser.ts"
import * as Demo from "./Demo.ts"
import * as Servers from "./faultsServers.ts"
import { sockets, Stage, statusWith } from "./faultsStage.ts"

/** How many sockets a page has opened once its first is this old, in milliseconds. */
const attemptsWithin = Effect.fnUntraced(function* (page: Page, millis: number) {
  const [first] = yield* sockets(page)
  yield* Effect.sleep((first?.openedAt ?? Date.now()) + millis - Date.now())
  return (yield* sockets(page)).length
})

describe.skipIf(Browser.missing !== undefined)("a page that is not let in", () => {
  layer(Stage.layer, { excludeTestServices: true, timeout: "1 minute" })("on one stage", (it) => {
    it.effect("[C7] [C8] is told that its origin is refused, and where to add it", () =>
      Effect.gen(function* () {
        const { open, site } = yield* Stage
        const apiHost = yield* Servers.refusing({ cors: false, me: 200, upgrade: 403 })
        const { page } = yield* open({ apiHost, token: "p-ada" })
        const words = yield* statusWith(page, /allowed-origins/)
        console.log(`refused origin: ${words}`)
        assert.include(words, `${new URL(apiHost).host} does not let pages of ${site.origin} in.`)
        assert.include(words, "Add that origin to those that the relay allows (--allowed-origins)")
      })
    )

    it.effect("[C7] [C8] is told that its token is refused, and tries no more", () =>
      Effect.gen(function* () {
        const { open } = yield* Stage
        const pages = yield* Effect.forEach([401, 403], (upgrade) =>
          Effect.gen(function* () {
            const apiHost = yield* Servers.refusing({ cors: true, me: 401, upgrade })
            const { page } = yield* open({ apiHost, token: "p-ada" })
            const words = yield* statusWith(page, /^The token was refused/)
            console.log(`refused token, upgrade answered with ${upgrade}: ${words}`)
            assert.include(words, "Sign in again")
            return { page, attempts: (yield* sockets(page)).length }
          })
        )
        yield* Effect.sleep("3 seconds")
        for (const { attempts, page } of pages) {
          assert.strictEqual((yield* sockets(page)).length, attempts)
        }
      })
    )

    it.effect("[C7] [C8] is told where the token is fine and the socket is refused", () =>
      Effect.gen(function* () {
        const { open } = yield* Stage
        const apiHost = yield* Servers.refusing({ cors: true, me: 200, upgrade: 403 })
        const { page } = yield* open({ apiHost, token: "p-ada" })
        const words = yield* statusWith(page, /HTTP 403/)
        console.log(`refused socket: ${words}`)
        assert.include(words, "Check who may read the project")
      })
    )

    it.effect(
      "[C3] [C6] [C8] goes on trying where nobody listens, ever more seldom; never again with a refused token",
      () =>
        Effect.gen(function* () {
          const { open, relay } = yield* Stage
          const nobody = `http://127.0.0.1:${yield* Demo.freePort}`
          const lost = yield* open({ apiHost: nobody, token: "p-ada" })
          const refused = yield* open({ apiHost: relay, token: "no token, of nobody" })
          const words = yield* statusWith(lost.page, /could not be reached/)
          assert.include(words, new URL(nobody).host)
          assert.match(words, /tried again by itself/)
          const why = yield* statusWith(refused.page, /^The token was refused/)
          console.log(`bad token at the relay: ${why}`)
          const [attempts, once] = yield* Effect.all(
            [attemptsWithin(lost.page, 10_000), attemptsWithin(refused.page, 5_000)],
            { concurrency: "unbounded" }
          )
          console.log(`nobody listens: ${attempts} attempts in 10 s; bad token: ${once} in 5 s`)
          // 11 on average; chance takes them below 8 or above 18 once in ten thousand times.
          assert.isAtLeast(attempts, 4)
          assert.isAtMost(attempts, 22)
          assert.strictEqual(once, 1)
          assert.deepStrictEqual(refused.problems, [])
        })
    )

    it.effect("[C7] [C8] is told what is wrong where the service closes for good", () =>
      Effect.gen(function* () {
        const { open } = yield* Stage
        for (const { code, says } of [
          { code: 4000, says: /refused the connection as a bad request: no such thing\./ },
          { code: 4001, says: /^The token was refused: no such thing\. Sign in again/ },
          { code: 4004, says: /knows no such project or dataset: no such thing\./ }
        ]) {
          const apiHost = yield* Servers.closing(code, "no such thing")
          const { page } = yield* open({ apiHost, token: "p-ada" })
          console.log(`closed with ${code}: ${yield* statusWith(page, says)}`)
          assert.strictEqual((yield* sockets(page)).length, 1)
        }
      })
    )
  })
})
