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
import { body } from "../../demo/body.ts"
import { testDocument } from "../../demo/documents.ts"
import { createPresence } from "../../src/index.ts"
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

/** Where the carets of a user are in a pane: in which block, after how many characters, with which name. */
const caretsOf = (page: Page, pane: number, userId: string) =>
  page.evaluate(
    // In one go: a caret that moves is another element.
    (selector) =>
      Array.from(document.querySelectorAll(selector), (caret) => {
        const block = caret.closest(".block")
        const before = document.createRange()
        if (block !== null) before.setStart(block, 0)
        before.setEndBefore(caret)
        return {
          block: Array.from(block?.parentElement?.children ?? []).indexOf(block ?? caret),
          // The editor puts zero-width characters where there is no text.
          offset: before.toString().replaceAll("\uFEFF", "").length,
          name: getComputedStyle(caret, "::after").content
        }
      }),
    `[data-pane="${pane}"] .caret[data-user-id="${userId}"]`
  )

/** Waits until a user has one caret in a pane, and it is there. */
const caretAt = (page: Page, pane: number, userId: string, block: number, offset: number) =>
  Effect.tryPromise({
    try: async () => {
      const deadline = Date.now() + 20_000
      while (true) {
        const carets = await caretsOf(page, pane, userId)
        const [caret] = carets
        if (carets.length === 1 && caret?.block === block && caret.offset === offset) return caret
        if (Date.now() > deadline) throw new Error(`the carets are ${JSON.stringify(carets)}`)
        await page.waitForTimeout(50)
      }
    },
    catch: failure(`the caret of ${userId} in pane ${pane} at ${offset} of block ${block}`)
  })

/** Turns both autopilots off. */
const byHand = (page: Page) =>
  Effect.promise(async () => {
    for (const autopilot of await page.$$('[data-testid="autopilot"]')) await autopilot.uncheck()
  })

/** Presses keys at a human pace: an editor learns of a moved caret a moment later. */
const press = (page: Page, ...keys: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    for (const key of keys) await page.keyboard.press(key, { delay: 60 })
    await page.waitForTimeout(200)
  })

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

const adaAndLinus = ["p-ada-lovelace", "p-linus-pauling"]
const ada = `?as=${adaAndLinus.join(",")}`
const mary = "?as=p-mary-somerville,p-carl-sagan"

describe.skipIf(Browser.missing !== undefined)("the page", () => {
  layer(Stage.layer, { excludeTestServices: true, timeout: "2 minutes" })("on one stage", (it) => {
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
          const person = adaAndLinus[pane]
          const input = `[data-pane="${pane}"] [data-field="${name}"] :is(input, textarea, .editor)`
          yield* Effect.promise(() => left.page.focus(input))
          yield* count(right.page, `[data-field="${name}"] li[data-user-id="${person}"]`, 2)
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

    it.effect("shows the caret that is moved and typed with in one pane in the other", () =>
      Effect.gen(function* () {
        const { open, relayPort } = yield* Stage
        yield* Demo.relay(relayPort)
        const { page, problems } = yield* open(ada)
        yield* status(page, "Connected")
        yield* byHand(page)
        const [left = "", right = ""] = adaAndLinus
        const focusBody = (pane: number) =>
          Effect.promise(async () => {
            await page.click(`[data-pane="${pane}"] [data-field="body"] .editor .block >> nth=0`)
            await page.waitForTimeout(200)
          })

        yield* focusBody(0)
        yield* press(page, "Control+Home", "ArrowRight", "ArrowRight", "ArrowRight")
        const { name } = yield* caretAt(page, 1, left, 0, 3)
        assert.include(name, "Ada")
        yield* Effect.promise(() => page.keyboard.type("abc", { delay: 60 }))
        yield* caretAt(page, 1, left, 0, 6)
        yield* press(page, "ArrowDown", "Home")
        yield* caretAt(page, 1, left, 1, 0)
        yield* press(page, "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
        yield* caretAt(page, 1, left, 1, 3)
        // In one piece or more: the caret splits it.
        const selected = yield* Effect.promise(() =>
          page.locator('[data-pane="1"] .selected').allTextContents()
        )
        assert.strictEqual(
          selected.join("").replaceAll("\uFEFF", ""),
          body[1]?.children[0]?.text.slice(0, 3)
        )
        assert.deepStrictEqual(yield* Effect.promise(() => caretsOf(page, 0, left)), [])

        yield* focusBody(1)
        yield* press(page, "ArrowDown", "Home")
        yield* Effect.promise(() => page.keyboard.type("xy", { delay: 60 }))
        yield* caretAt(page, 0, right, 1, 2)
        // The left one left its field, and its caret with it.
        assert.deepStrictEqual(yield* Effect.promise(() => caretsOf(page, 1, left)), [])

        yield* Effect.promise(() => page.focus('[data-pane="1"] [data-field="title"] input'))
        yield* count(page, ".caret", 0)
        assert.deepStrictEqual(problems, [])
      })
    )

    it.effect("keeps others' carets with their text, and takes no harm from nonsense", () =>
      Effect.gen(function* () {
        const { apiHost, open, relayPort } = yield* Stage
        yield* Demo.relay(relayPort)
        const { page, problems } = yield* open(ada)
        yield* status(page, "Connected")
        yield* byHand(page)
        const mallory = "p-mallory"
        const presence = yield* Effect.acquireRelease(
          Effect.sync(() =>
            createPresence({ projectId: "demo", dataset: "demo", apiHost, token: mallory })
          ),
          (presence) => Effect.promise(() => presence.close())
        )
        const at = (key: string, offset: number) => ({
          path: [{ _key: key }, "children", { _key: `${key}-text` }],
          offset
        })
        const say = (anchor: ReturnType<typeof at>, focus: ReturnType<typeof at>) =>
          presence.reportPresence([
            { documentId: testDocument.id, path: ["body"], selection: { anchor, focus } }
          ])

        say(at("b1", 7), at("b1", 7))
        yield* caretAt(page, 0, mallory, 0, 7)
        yield* Effect.promise(() =>
          page.click('[data-pane="0"] [data-field="body"] .editor .block >> nth=0')
        )
        yield* Effect.sleep("200 millis")
        yield* press(page, "Control+Home")
        yield* Effect.promise(() => page.keyboard.type("xyz", { delay: 60 }))
        yield* caretAt(page, 0, mallory, 0, 10)
        yield* caretAt(page, 1, mallory, 0, 7)

        const length = body[2]?.children[0]?.text.length ?? 0
        say(at("b3", -5), at("b3", 1e9))
        for (const pane of [0, 1]) yield* caretAt(page, pane, mallory, 2, length)
        say(at("b3", 0), at("nowhere", 0))
        yield* count(page, ".caret", 1)
        yield* count(page, `[data-field="body"] li[data-user-id="${mallory}"]`, 2)
        say({ path: [], offset: 0 }, { path: [], offset: 0.5 })
        say(at("b2", 3), at("b2", 0))
        for (const pane of [0, 1]) yield* caretAt(page, pane, mallory, 1, 0)
        assert.deepStrictEqual(problems, [])
      })
    )

    it.effect("[Q2] keeps versions apart in the fields, and as one in the list of documents", () =>
      Effect.gen(function* () {
        const { open, relayPort } = yield* Stage
        yield* Demo.relay(relayPort)
        const { page, problems } = yield* open(ada)
        yield* status(page, "Connected")
        yield* byHand(page)
        const before = yield* sessionIds(page)
        const [left] = adaAndLinus
        const inTitle = `[data-pane="1"] [data-field="title"] li[data-user-id="${left}"]`
        const inList = `[data-pane="1"] [data-document-id="${testDocument.id}"] li[data-user-id="${left}"]`
        const choose = (pane: number, version: string) =>
          Effect.promise(() =>
            page.getByLabel(version, { exact: true }).nth(pane).check({ force: true })
          )
        const focusTitle = Effect.promise(() =>
          page.focus('[data-pane="0"] [data-field="title"] input')
        )

        // What is chosen in the other pane takes the focus there.
        const isInTitle = Effect.andThen(
          focusTitle,
          Effect.promise(() =>
            page.locator('[data-pane="1"] [data-testid="people"]').getByText("Title").waitFor()
          )
        )

        yield* isInTitle
        yield* count(page, inTitle, 1)
        yield* count(page, inList, 1)

        for (const [version, id] of [
          ["Autumn release", `versions.rAutumn.${testDocument.id}`],
          ["Published", testDocument.id]
        ] as const) {
          yield* choose(0, version)
          yield* isInTitle
          yield* count(page, `[data-testid="people"] [data-document-id="${id}"]`, 1)
          yield* count(page, inTitle, 0)
          yield* count(page, inList, 1)
          yield* choose(1, version)
          yield* isInTitle
          yield* count(page, inTitle, 1)
          yield* count(page, inList, 1)
          yield* choose(1, "Draft")
          yield* isInTitle
          yield* count(page, inTitle, 0)
        }
        assert.deepStrictEqual(yield* sessionIds(page), before)
        assert.deepStrictEqual(yield* axeProblems(page), [])
        assert.deepStrictEqual(problems, [])
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
