/** The page of the demo in every status that a person may see: the words, and a picture. */
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import axe from "axe-core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { BrowserContextOptions, Page } from "playwright-core"
import { Relay } from "../../src/relay/index.ts"
import * as FaultProxy from "../support/FaultProxy.ts"
import * as Browser from "./Browser.ts"
import * as Demo from "./Demo.ts"
import * as Servers from "./faultsServers.ts"

const screenshots = fileURLToPath(new URL("../../.screenshots/", import.meta.url))
mkdirSync(screenshots, { recursive: true })

interface Given {
  readonly apiHost: string
  readonly as?: string
}

class Stage extends Context.Service<
  Stage,
  {
    readonly relay: string
    /** Opens the page as if `npm start` had given it this host. */
    readonly open: (
      given: Given,
      options: BrowserContextOptions
    ) => Effect.Effect<Browser.OpenPage, never, Scope.Scope>
  }
>()("test/FaultsLooks") {
  static readonly layer: Layer.Layer<Stage> = Layer.effect(
    Stage,
    Effect.gen(function* () {
      const { url: relay } = yield* Relay
      const url = yield* Effect.orDie(Demo.page(relay))
      const browser = yield* Browser.launch
      return Stage.of({
        relay,
        open: Effect.fnUntraced(function* ({ apiHost, as }, options) {
          // The policy of the page names the relay; the hosts of this test are others.
          const opened = yield* Browser.open(browser, "about:blank", {
            ...options,
            bypassCSP: true
          })
          yield* Effect.promise(async () => {
            const json = { service: "relay", projectId: "demo", dataset: "demo", apiHost }
            await opened.page.route("**/config.json", (route) => route.fulfill({ json }))
            await opened.page.goto(`${url}?as=${as ?? "p-ada-lovelace,p-linus-pauling"}`)
          })
          return opened
        })
      })
    })
  ).pipe(Layer.provide(Layer.orDie(Relay.layerTest)))
}

const views = [
  { name: "light-wide", colorScheme: "light", viewport: { width: 1440, height: 1000 } },
  { name: "dark-narrow", colorScheme: "dark", viewport: { width: 390, height: 844 } }
] as const

/** The words of the left pane's status, once they match. */
const statusWith = (page: Page, pattern: RegExp) =>
  Effect.promise(async () => {
    const status = page.locator('[data-pane="0"] [data-status] p').filter({ hasText: pattern })
    await status.waitFor({ timeout: 20_000 })
    return status.innerText()
  })

const axeProblems = (page: Page) =>
  Effect.promise(async () => {
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate(() => window.axe.run())
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)
  })

/** A status: the words that it has, and how to come to it. */
interface Look {
  readonly name: string
  readonly says: RegExp
  readonly host: (relay: string) => Effect.Effect<string, never, Scope.Scope>
  readonly as?: string
  readonly after?: (opened: Browser.OpenPage) => Effect.Effect<unknown>
}

const firePageHide = ({ page }: Browser.OpenPage) =>
  Effect.promise(() => page.evaluate(() => void dispatchEvent(new Event("pagehide"))))

const looks: ReadonlyArray<Look> = [
  { name: "connecting", says: /^Connecting…$/, host: () => Servers.silent },
  { name: "connected", says: /^Connected\.$/, host: Effect.succeed },
  {
    name: "reconnecting",
    says: /could not be reached\. It is tried again by itself\. Next try in [1-9] s\.$/,
    host: () => Effect.map(Demo.freePort, (port) => `http://127.0.0.1:${port}`)
  },
  {
    name: "refused-origin",
    says: /does not let pages of .* in\. Add that origin.* Next try in [1-9] s\.$/,
    host: () => Servers.refusing({ cors: false, me: 200, upgrade: 403 })
  },
  {
    name: "offline",
    says: /^You are offline\./,
    host: (relay) =>
      Effect.gen(function* () {
        const network = yield* FaultProxy.make(relay)
        yield* network.refuse(true)
        return network.url
      }),
    after: ({ context, page }) =>
      Effect.promise(async () => {
        await page.waitForFunction(() =>
          Array.from(document.images).some(({ naturalWidth }) => naturalWidth > 0)
        )
        await context.setOffline(true)
      })
  },
  { name: "unauthorized", says: /^The token was refused/, host: Effect.succeed, as: "-a,-b" },
  {
    name: "failed",
    says: /knows no such project or dataset/,
    host: () => Servers.closing(4004, "dataset not found")
  },
  {
    name: "paused",
    says: /^Paused/,
    host: Effect.succeed,
    after: (opened) => Effect.andThen(statusWith(opened.page, /^Connected/), firePageHide(opened))
  }
]

describe.skipIf(Browser.missing !== undefined)("the page of the demo", () => {
  layer(Stage.layer, { excludeTestServices: true, timeout: "1 minute" })("on one stage", (it) => {
    for (const { after, as, host, name, says } of looks) {
      it.effect(`[C8] ${name}: has words and a picture, and is accessible`, () =>
        Effect.gen(function* () {
          const { open, relay } = yield* Stage
          for (const { name: view, ...options } of views) {
            const apiHost = yield* host(relay)
            const opened = yield* open(
              { apiHost, ...(as === undefined ? {} : { as }) },
              { ...options, reducedMotion: "reduce" }
            )
            const { page } = opened
            if (after !== undefined) yield* after(opened)
            const words = yield* statusWith(page, says)
            yield* Effect.promise(() =>
              page.screenshot({ path: `${screenshots}status-${name}-${view}.png` })
            )
            const isWide = yield* Effect.promise(() =>
              page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
            )
            console.log(`${name}, ${view}: ${words}`)
            assert.isFalse(isWide, "scrolls sideways")
            assert.deepStrictEqual(yield* axeProblems(page), [])
          }
        })
      )
    }
  })
})
