/** A page that a server renders, under a content security policy that allows no styles in HTML. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { renderToString } from "react-dom/server"
import { Relay } from "../../src/relay/index.ts"
import { join } from "../relay/RelayClient.ts"
import * as Browser from "./Browser.ts"
import * as BundledPage from "./BundledPage.ts"
import { StrictPage } from "./StrictPage.tsx"

const stage = Effect.gen(function* () {
  const { address, url } = yield* Relay
  const apiHost = `http://localhost:${address.port}`
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src data:",
    `connect-src ${apiHost} ${apiHost.replace("http", "ws")}`
  ]
  const client = new URL("strictPageClient.tsx", import.meta.url)
  const page = yield* BundledPage.serve(
    client,
    {},
    {
      root: renderToString(<StrictPage apiHost={apiHost} />),
      headers: { "content-security-policy": policy.join("; ") }
    }
  )
  const browser = yield* Browser.launch
  return { browser, relay: url, page: `${page}/?apiHost=${encodeURIComponent(apiHost)}` }
})

describe.skipIf(Browser.missing !== undefined)("a strict content security policy", () => {
  layer(Relay.layerTest, { excludeTestServices: true })("on one stage", (it) => {
    it.effect("[H6] leaves nothing to be seen of what is read out, before React has come", () =>
      Effect.gen(function* () {
        const { browser, page: url } = yield* stage
        const { page } = yield* Browser.open(browser, url, { javaScriptEnabled: false })
        const seen = yield* Effect.promise(() => page.locator("body").innerText())
        assert.strictEqual(seen.replaceAll(/\s+/g, " ").trim(), "GH +1")
      })
    )

    it.effect("[H6] lets screen readers have it, and nobody see it, once React has come", () =>
      Effect.gen(function* () {
        const { browser, page: url, relay } = yield* stage
        const { page, problems } = yield* Browser.open(browser, url)
        const ada = yield* join(relay, "p-ada-lovelace")
        const lastActiveAt = new Date().toISOString()
        yield* ada.announce("s", [
          { type: "document", documentId: "drafts.book", path: ["title"], lastActiveAt }
        ])
        yield* Effect.promise(async () => {
          // By role: what is in the tree that screen readers are given, and nothing else.
          const status = page.getByRole("status").filter({ hasText: "Ada Lovelace" })
          await status.waitFor({ state: "attached" })
          const said = await page.locator("body").ariaSnapshot()
          for (const text of ["Ada Lovelace", "Grace Hopper", "Alan Turing"]) {
            assert.include(said, text)
          }
          const texts = [status, page.getByText("Grace Hopper"), page.getByText("Alan Turing")]
          for (const text of texts) {
            const box = await text.boundingBox()
            assert.deepInclude(box, { width: 1, height: 1 })
            assert.strictEqual(
              await text.evaluate((element) => getComputedStyle(element).clipPath),
              "inset(50%)"
            )
          }
        })
        assert.deepStrictEqual(problems, [])
      })
    )
  })
})
