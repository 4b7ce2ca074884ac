/** `npm start` with the settings of a Sanity project; a relay under another name stands in for it. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Relay } from "../../src/relay/index.ts"
import * as Browser from "./Browser.ts"
import * as Demo from "./Demo.ts"

it.live.skipIf(Browser.missing !== undefined)(
  "joins the hosted service instead of a relay, says so, and shows the token to nobody",
  () =>
    Effect.gen(function* () {
      const { address } = yield* Relay
      const port = yield* Demo.freePort
      const token = `p-${Math.floor(Math.random() * 1e12)}`
      const apiHost = `http://stand-in.localhost:${address.port}`
      const demo = yield* Demo.run(["demo/start.ts"], "Ctrl-C stops it", {
        PORT: String(port),
        SANITY_PROJECT_ID: "abc123",
        SANITY_DATASET: "production",
        SANITY_AUTH_TOKEN: token,
        SANITY_API_HOST: apiHost
      })
      assert.include(demo.output(), apiHost)
      assert.include(demo.output(), "project abc123, dataset production")
      assert.notInclude(demo.output(), "Colleagues")
      assert.notInclude(demo.output(), token)

      const browser = yield* Browser.launch
      const { page, problems } = yield* Browser.open(browser, `http://localhost:${port}/presence`)
      yield* Effect.promise(() => page.waitForSelector('[data-pane="0"] [data-status="Connected"]'))
      yield* Effect.promise(() => page.waitForSelector(`[data-pane="1"] [data-user-id="${token}"]`))
      assert.deepStrictEqual(problems, [])

      const files = yield* Effect.promise(() =>
        page.evaluate(async () => {
          const urls = [
            location.href,
            ...Array.from(document.querySelectorAll("script"), ({ src }) => src)
          ]
          return Promise.all(urls.map(async (url) => (await fetch(url)).text()))
        })
      )
      assert.isAtLeast(files.length, 2)
      for (const file of files) assert.notInclude(file, token)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
)
