/** The page of the demo in real Chromium, against a relay in a process of its own. */
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import axe from "axe-core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { BrowserContextOptions, Page } from "playwright-core"
import { layerColleagues } from "../../demo/colleagues.ts"
import { testDocument } from "../../demo/documents.ts"
import * as Browser from "./Browser.ts"
import * as Demo from "./Demo.ts"

const screenshots = fileURLToPath(new URL("../../.screenshots/", import.meta.url))
mkdirSync(screenshots, { recursive: true })

/** A browser and a page that joins the relay on `relayPort`; each test starts its own relay. */
class Stage extends Context.Service<
  Stage,
  {
    readonly open: (
      search: string,
      options?: BrowserContextOptions
    ) => ReturnType<typeof Browser.open>
    readonly relayPort: number
    readonly apiHost: string
  }
>()("test/Stage") {
  static readonly layer = Layer.effect(
    Stage,
    Effect.gen(function* () {
      const relayPort = yield* Demo.freePort
      const apiHost = `http://127.0.0.1:${relayPort}`
      const url = yield* Demo.page(apiHost)
      const browser = yield* Browser.launch
      return Stage.of({
        relayPort,
        apiHost,
        open: (search, options) => Browser.open(browser, `${url}${search}`, options)
      })
    })
  )
}

const failure = (what: string) => (cause: unknown) =>
  new Error(`in vain: ${what}`, { cause: cause instanceof Error ? cause.message : cause })

/** Waits until this many elements of the page match. */
const count = (page: Page, selector: string, expected: number) =>
  Effect.tryPromise({
    try: () =>
      page.waitForFunction(
        ([selector, expected]) => document.querySelectorAll(selector).length === expected,
        [selector, expected] as const,
        { timeout: 20_000 }
      ),
    catch: failure(`${expected} of ${selector} on ${page.url()}`)
  })

const status = (page: Page, tag: string) => count(page, `[data-status="${tag}"]`, 2)

const sessionIds = (page: Page) =>
  Effect.promise(() =>
    page.$$eval("[data-pane]", (panes) => panes.map((pane) => pane.getAttribute("data-session-id")))
  )

/**
 * What Chromium itself logs while the relay is gone, in words that depend on when in the handshake it
 * died; nobody can keep it from that.
 */
/** What a browser logs of a server that is away: its socket, and the question why it does not open. */
const isOutage = (problem: string) =>
  /^error: (WebSocket connection to 'ws:.*' failed|Failed to load resource: (net::ERR_CONNECTION_|the server responded with a status of 426))|^426 /.test(
    problem
  )

const axeProblems = (page: Page) =>
  Effect.promise(async () => {
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate(() => window.axe.run())
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)
  })

declare global {
  interface Window {
    axe: typeof axe
    lost: Array<string>
  }
}

const ada = "?as=p-ada-lovelace,p-linus-pauling"
const mary = "?as=p-mary-somerville,p-carl-sagan"

describe.skipIf(Browser.missing !== undefined)("the page", () => {
  layer(Stage.layer, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.effect("[P1] shows who is in which field, on every page, and nobody who has left", () =>
      Effect.gen(function* () {
        const { open, relayPort } = yield* Stage
        yield* Demo.relay(relayPort)
        const left = yield* open(ada)
        const right = yield* open(mary)
        for (const { page } of [left, right]) {
          yield* status(page, "Connected")
          yield* count(page, `[data-testid="people"] [data-user-id]`, 6)
        }

        for (let round = 0; round < 3; round++) {
          const field = testDocument.fields[Math.floor(Math.random() * testDocument.fields.length)]
          const pane = Math.floor(Math.random() * 2)
          const name = field?.name ?? ""
          const session = (yield* sessionIds(left.page))[pane]
          const input = `[data-pane="${pane}"] [data-field="${name}"] :is(input, textarea)`
          yield* Effect.promise(() => left.page.focus(input))
          yield* count(right.page, `[data-field="${name}"] [data-session-id="${session}"]`, 2)
          const path = JSON.stringify(field?.path).replaceAll('"', '\\"')
          yield* count(
            right.page,
            `[data-testid="people"] [data-session-id="${session}"][data-path="${path}"]`,
            2
          )
        }
        const names = yield* Effect.promise(() =>
          right.page.locator(`[data-pane="0"] [data-testid="people"]`).innerText()
        )
        assert.include(names, "Ada Lovelace")
        assert.include(names, "Linus Pauling")

        assert.deepStrictEqual([...left.problems, ...right.problems], [])
        yield* left.close
        yield* count(right.page, `[data-testid="people"] [data-user-id]`, 2)
      })
    )

    it.effect("[R4] a relay that is killed and restarted: all come back, nobody flickers", () =>
      Effect.gen(function* () {
        const { open, relayPort } = yield* Stage
        const first = yield* Demo.relay(relayPort)
        const left = yield* open(ada)
        const right = yield* open(mary)
        const pages = [left.page, right.page]
        for (const page of pages) yield* count(page, `[data-testid="people"] [data-user-id]`, 6)
        const before = [yield* sessionIds(left.page), yield* sessionIds(right.page)]

        // From here on, whoever disappears from a list, if only for a moment, is noted.
        for (const page of pages) {
          yield* Effect.promise(() =>
            page.evaluate(() => {
              window.lost = []
              for (const list of document.querySelectorAll('[data-testid="people"]')) {
                const ids = () =>
                  Array.from(list.children, (item) => item.getAttribute("data-session-id") ?? "")
                const all = ids()
                new MutationObserver(() => {
                  const now = ids()
                  window.lost.push(...all.filter((id) => !now.includes(id)))
                }).observe(list, { childList: true, subtree: true })
              }
            })
          )
        }

        yield* first.kill
        for (const page of pages) {
          yield* status(page, "Reconnecting")
          yield* count(page, `[data-testid="people"] [data-stale="true"]`, 6)
        }
        yield* Demo.relay(relayPort)
        for (const page of pages) {
          yield* status(page, "Connected")
          yield* count(page, `[data-testid="people"] [data-stale="false"]`, 6)
        }
        // Past the time after which those who did not answer would be dropped.
        yield* Effect.sleep("6 seconds")
        for (const page of pages) {
          assert.deepStrictEqual(yield* Effect.promise(() => page.evaluate(() => window.lost)), [])
          yield* count(page, `[data-testid="people"] [data-stale="false"]`, 6)
        }
        assert.deepStrictEqual(
          [yield* sessionIds(left.page), yield* sessionIds(right.page)],
          before
        )
        const problems = [...left.problems, ...right.problems]
        assert.deepStrictEqual(
          problems.filter((problem) => !isOutage(problem)),
          []
        )
      })
    )

    it.effect(
      "is accessible and has a picture, in both themes, narrow and wide, connected or not",
      () =>
        Effect.gen(function* () {
          const { apiHost, open, relayPort } = yield* Stage
          const relay = yield* Demo.relay(relayPort)
          const colleagues = yield* Scope.make()
          yield* Layer.buildWithScope(
            layerColleagues({ projectId: "demo", dataset: "demo", apiHost }),
            colleagues
          )
          const views = [
            { name: "light-wide", colorScheme: "light", viewport: { width: 1440, height: 1000 } },
            { name: "dark-wide", colorScheme: "dark", viewport: { width: 1440, height: 1000 } },
            { name: "light-narrow", colorScheme: "light", viewport: { width: 390, height: 844 } },
            { name: "dark-narrow", colorScheme: "dark", viewport: { width: 390, height: 844 } }
          ] as const
          const found: Array<string> = []
          const look = Effect.fnUntraced(function* (page: Page, name: string) {
            for (const problem of yield* axeProblems(page)) found.push(`${name}: ${problem}`)
            yield* Effect.promise(() => page.screenshot({ path: `${screenshots}${name}.png` }))
          })

          const opened: Array<{ readonly name: string; readonly page: Page }> = []
          for (const { name, ...options } of views) {
            // One view at a time, so that the picture shows the two of it and the colleagues.
            const scope = yield* Scope.make()
            const { page, problems } = yield* open(ada, {
              ...options,
              reducedMotion: "reduce"
            }).pipe(Effect.provideService(Scope.Scope, scope))
            yield* status(page, "Connected")
            yield* count(page, `[data-testid="people"] [data-user-id]`, 8)
            const paint = yield* Effect.promise(() =>
              page.evaluate(
                () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime
              )
            )
            console.log(`${name}: first contentful paint after ${paint?.toFixed(0)} ms`)
            yield* look(page, `${name}-connected`)
            assert.deepStrictEqual(problems, [])
            yield* Scope.close(scope, Exit.void)
          }
          for (const { name, ...options } of views) {
            const { page } = yield* open(ada, { ...options, reducedMotion: "reduce" })
            yield* status(page, "Connected")
            opened.push({ name, page })
          }
          yield* relay.kill
          yield* Scope.close(colleagues, Exit.void)
          for (const { name, page } of opened) {
            yield* status(page, "Reconnecting")
            yield* look(page, `${name}-reconnecting`)
          }
          assert.deepStrictEqual(found, [])
        })
    )
  })
})
