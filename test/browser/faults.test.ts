/** What networks, people and browsers do to a page, in real Chromium. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { BrowserContext, Page } from "playwright-core"
import * as FaultProxy from "../support/FaultProxy.ts"
import * as Browser from "./Browser.ts"
import * as Room from "./faultsRoom.ts"
import { until } from "./faultsRoom.ts"
import { eventAfter, events, sockets, Stage, statusWith } from "./faultsStage.ts"
import * as Tab from "./faultsTab.ts"
import * as Wire from "./faultsWire.ts"

const ada = { token: "p-ada" }

const range = (values: ReadonlyArray<number>) =>
  `${Math.min(...values)} to ${Math.max(...values)} ms`

describe.skipIf(Browser.missing !== undefined)("a page", () => {
  layer(Stage.layer, { excludeTestServices: true, timeout: "1 minute" })("on one stage", (it) => {
    it.effect("[C3] [C8] says that it is offline, and is back at once with the network", () =>
      Effect.gen(function* () {
        const { open, relay } = yield* Stage
        const network = yield* FaultProxy.make(relay)
        const { context, page } = yield* open({ apiHost: network.url, ...ada })
        yield* statusWith(page, /^Connected/)
        const took: Array<number> = []
        for (let round = 0; round < 3; round++) {
          const before = (yield* sockets(page)).length
          yield* Effect.promise(() => context.setOffline(true))
          // Chromium keeps the sockets that are open, and says only that there is no network.
          yield* network.refuse(true)
          yield* network.cut
          const words = yield* statusWith(page, /offline/)
          assert.strictEqual(words, "You are offline. Presence comes back with the network.")
          // After some attempts the next one is seconds away; in later rounds it is at once.
          const attempts = round === 0 ? 5 : 0
          yield* Effect.promise(() =>
            page.waitForFunction((n) => window.recording.sockets.length >= n, before + attempts)
          )
          const from = (yield* events(page)).length
          yield* network.refuse(false)
          yield* Effect.promise(() => context.setOffline(false))
          const online = yield* eventAfter(page, from, "online")
          const connected = yield* eventAfter(page, from, "Connected")
          took.push(connected.at - online.at)
        }
        console.log(`offline: connected ${range(took)} after the network is back, 3 times`)
        assert.isBelow(Math.max(...took), 1000)
      })
    )

    it.effect("[C9] goes into the back/forward cache with a goodbye, and comes back from it", () =>
      Effect.gen(function* () {
        const { open, relay, site } = yield* Stage
        const observer = yield* Room.observe(relay)
        const { dataset } = observer
        const wire = yield* Wire.make(relay)
        const { context, page, problems } = yield* open({ apiHost: wire.url, dataset, ...ada })
        const { sessionId } = yield* observer.next("Joined")
        const hasCache = yield* hasBackForwardCache(context, site.elsewhere)
        assert.strictEqual(hasCache, !Browser.isShell)
        const trip = hasCache ? goAwayAndBack(page, site.elsewhere) : freezeAndThaw(context, page)
        const left: Array<number> = []
        const back: Array<number> = []
        for (let round = 0; round < 3; round++) {
          const from = (yield* events(page)).length
          yield* trip.away
          const gone = yield* observer.next("Left")
          assert.deepStrictEqual([gone.sessionId, gone.reason], [sessionId, "disconnected"])
          assert.deepStrictEqual(wire.sent.slice(-2), ["presence_disconnect", "close"])
          yield* trip.back
          const there = yield* observer.next("Joined")
          assert.strictEqual(there.sessionId, sessionId)
          const hidden = yield* eventAfter(page, from, "pagehide persisted true")
          const shown = yield* eventAfter(page, from, "pageshow persisted true")
          left.push(gone.at - hidden.at)
          back.push(there.at - shown.at)
        }
        console.log(
          `back/forward cache (${hasCache ? "real" : "NONE in this headless shell: events by hand on a frozen page"}): ` +
            `gone for others after ${range(left)}, there again after ${range(back)}, 3 times`
        )
        assert.isBelow(Math.max(...left, ...back), 1000)
        const all = yield* sockets(page)
        assert.strictEqual(all.length, 4)
        assert.strictEqual(
          yield* Effect.promise(() => page.evaluate(() => window.recording.mostAlive)),
          1
        )
        assert.deepStrictEqual(problems, [])
      })
    )

    it.effect("[C9] says goodbye when its tab is closed", () =>
      Effect.gen(function* () {
        const { open, relay } = yield* Stage
        const observer = yield* Room.observe(relay)
        const { dataset } = observer
        const wire = yield* Wire.make(relay)
        const { page } = yield* open({ apiHost: wire.url, dataset, ...ada })
        yield* observer.next("Joined")
        const at = Date.now()
        yield* Effect.promise(() => page.close({ runBeforeUnload: true }))
        const gone = yield* observer.next("Left")
        console.log(`tab closed: gone for others after ${gone.at - at} ms`)
        assert.deepStrictEqual(wire.sent.slice(-2), ["presence_disconnect", "close"])
        assert.isBelow(gone.at - at, 1000)
      })
    )

    it.effect("[S4] is gone for others when its renderer is killed", () =>
      Effect.gen(function* () {
        const { browser, open, relay } = yield* Stage
        const observer = yield* Room.observe(relay)
        const { dataset } = observer
        const { page } = yield* open({ apiHost: relay, dataset, ...ada })
        yield* observer.next("Joined")
        const crashed = Effect.promise(() => page.waitForEvent("crash"))
        const killedAt = yield* Effect.promise(async () => {
          const session = await browser.newBrowserCDPSession()
          const { processInfo } = await session.send("SystemInfo.getProcessInfo")
          const renderers = processInfo.filter(({ type }) => type === "renderer")
          const at = Date.now()
          for (const { id } of renderers) process.kill(id, "SIGKILL")
          return at
        })
        yield* crashed
        const gone = yield* observer.next("Left")
        console.log(`renderer killed: gone for others after ${gone.at - killedAt} ms`)
        assert.isBelow(gone.at - killedAt, 2000)
      })
    )

    it.effect("[C10] leaves the room when nobody has seen it for a while, and returns", () =>
      Effect.gen(function* () {
        const { browser, relay, site } = yield* Stage
        const observer = yield* Room.observe(relay)
        const { dataset } = observer
        const hiddenTimeout = 1000
        const tab = yield* Tab.open(
          browser,
          site.pageFor({ apiHost: relay, dataset, hiddenTimeout, ...ada })
        )
        const { sessionId } = yield* observer.next("Joined")
        const status = (words: string) =>
          Effect.gen(function* () {
            const look = tab.evaluate('document.querySelector("[data-status]").textContent')
            // A hidden page draws no frames, and is told a moment later.
            while ((yield* look) !== words) yield* Effect.sleep("20 millis")
          }).pipe(Effect.timeout("5 seconds"))

        const hiddenAt = Date.now()
        yield* tab.hide
        const gone = yield* observer.next("Left")
        assert.deepStrictEqual([gone.sessionId, gone.reason], [sessionId, "disconnected"])
        assert.strictEqual(yield* tab.evaluate("document.visibilityState"), "hidden")
        yield* status("Paused while the page is hidden.")

        const shownAt = Date.now()
        yield* tab.show
        const there = yield* observer.next("Joined")
        assert.strictEqual(there.sessionId, sessionId)
        yield* status("Connected.")
        const took = gone.at - hiddenAt
        console.log(
          `hidden for ${hiddenTimeout} ms: gone after ${took} ms, there again ${there.at - shownAt} ms after it is shown`
        )
        assert.isAtLeast(took, hiddenTimeout)
        // Timers of hidden pages ring once a second.
        assert.isBelow(took, hiddenTimeout + 1500)
        assert.isBelow(there.at - shownAt, 1000)

        // A short look elsewhere is no leave.
        yield* tab.hide
        yield* tab.show
        yield* Effect.sleep(hiddenTimeout * 1.5)
        assert.strictEqual(observer.all.at(-1), there)
      })
    )
  })
})

interface Trip {
  readonly away: Effect.Effect<void>
  readonly back: Effect.Effect<void>
}

/** Playwright's own `goBack` waits for a load, and nothing loads. */
const goBack = (page: Page) => Effect.promise(() => page.evaluate(() => history.back()))

const goAwayAndBack = (page: Page, elsewhere: string): Trip => ({
  away: Effect.asVoid(Effect.promise(() => page.goto(elsewhere))),
  back: goBack(page)
})

/** For a browser without the cache: what the cache does to a page, as far as it can be had. */
const freezeAndThaw = (context: BrowserContext, page: Page): Trip => {
  const fire = (type: string) =>
    page.evaluate(
      (type) => void dispatchEvent(new PageTransitionEvent(type, { persisted: true })),
      type
    )
  const setState = async (state: "frozen" | "active") => {
    const session = await context.newCDPSession(page)
    await session.send("Page.setWebLifecycleState", { state })
    await session.detach()
  }
  return {
    away: Effect.promise(async () => {
      await fire("pagehide")
      await setState("frozen")
    }),
    back: Effect.promise(async () => {
      await setState("active")
      await fire("pageshow")
    })
  }
}

/** Whether this browser has one at all, tried on a page that nothing could keep out of it. */
const hasBackForwardCache = Effect.fnUntraced(function* (context: BrowserContext, url: string) {
  const page = yield* Effect.promise(() => context.newPage())
  yield* Effect.promise(() => page.goto(url))
  yield* Effect.promise(() => page.goto(`${url}?next`))
  const shown = yield* until("the page before is shown again", () =>
    page
      .evaluate(() => {
        if (location.search !== "") history.back()
        const all = window.recording.events.map(({ what }) => what)
        return location.search === ""
          ? all.findLast((what) => what.startsWith("pageshow"))
          : undefined
      })
      // It is on the way.
      .catch(() => undefined)
  )
  yield* Effect.promise(() => page.close())
  return shown === "pageshow persisted true"
})
