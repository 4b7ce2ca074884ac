/** What the fault tests stand on: a relay, a site whose page joins it, and a browser. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Browser as Chromium, Page } from "playwright-core"
import { Relay } from "../../src/relay/index.ts"
import * as Browser from "./Browser.ts"
import type { RecordedEvent, RecordedSocket } from "./faultsRecord.ts"
import { until } from "./faultsRoom.ts"
import * as Site from "./faultsSite.ts"

/**
 * What Playwright switches off and people have: the back/forward cache, and all that browsers do to
 * pages in the background.
 */
const unlikePeoples = [
  "--disable-back-forward-cache",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding"
]

export class Stage extends Context.Service<
  Stage,
  {
    readonly browser: Chromium
    readonly site: Site.Site
    /** The address of the relay. */
    readonly relay: string
    /** Opens the page in a context of its own, until the scope closes. */
    readonly open: (query: Site.Query) => Effect.Effect<Browser.OpenPage, never, Scope.Scope>
  }
>()("test/FaultsStage") {
  static readonly layer: Layer.Layer<Stage> = Layer.effect(
    Stage,
    Effect.gen(function* () {
      const { url: relay } = yield* Relay
      const site = yield* Site.make
      const browser = yield* Browser.launchWithout(unlikePeoples)
      return Stage.of({
        browser,
        site,
        relay,
        open: (query) => Browser.open(browser, site.pageFor(query))
      })
    })
  ).pipe(Layer.provide(Layer.orDie(Relay.layerTest)))
}

/** What happened to the page so far, in order. */
export const events = (page: Page): Effect.Effect<ReadonlyArray<RecordedEvent>> =>
  Effect.promise(() => page.evaluate(() => window.recording.events))

export const sockets = (page: Page): Effect.Effect<ReadonlyArray<RecordedSocket>> =>
  Effect.promise(() => page.evaluate(() => window.recording.sockets))

/** Waits until the page shows a status whose words match; gives the words. */
export const statusWith = (page: Page, pattern: RegExp): Effect.Effect<string> =>
  Effect.promise(async () => {
    const status = page.locator("[data-status]").filter({ hasText: pattern })
    await status.waitFor({ timeout: 20_000 })
    return status.innerText()
  })

/** Waits for an event of the page whose text begins like this, the first after the `from`th. */
export const eventAfter = (page: Page, from: number, what: string): Effect.Effect<RecordedEvent> =>
  until(what, () =>
    page.evaluate(
      ([from, what]) =>
        window.recording.events.find((event, n) => n >= from && event.what.startsWith(what)),
      [from, what] as const
    )
  )
