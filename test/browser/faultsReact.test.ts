/** React that mounts and unmounts as fast as it can, in real Chromium. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import * as Browser from "./Browser.ts"
import * as HotReload from "./faultsHotReload.ts"
import * as Room from "./faultsRoom.ts"
import { until } from "./faultsRoom.ts"
import { sockets, Stage } from "./faultsStage.ts"

/** Unmounts and mounts again so often, at once, a moment later, or when it is connected. */
const comeAndGo = (page: Page, rounds: number, without: "nothing" | "provider") =>
  Effect.promise(() =>
    page.evaluate(
      async ([rounds, without]) => {
        const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))
        const isConnected = () => document.querySelector('[data-status="Connected"]') !== null
        const waits = [
          async () => {},
          () => sleep(0),
          () => sleep(Math.random() * 30),
          async () => {
            while (!isConnected()) await sleep(1)
          }
        ]
        for (let round = 0; round < rounds; round++) {
          window.mount(without)
          if (round % 2 === 0) await sleep(0)
          window.mount("person")
          await waits[round % 4]?.()
        }
      },
      [rounds, without] as const
    )
  )

const unmount = (page: Page) => Effect.promise(() => page.evaluate(() => window.mount("nothing")))

const mostAlive = (page: Page) =>
  Effect.promise(() => page.evaluate(() => window.recording.mostAlive))

const nobodyListens = { pagehide: 0, pageshow: 0, online: 0, offline: 0, visibilitychange: 0 }

/** Waits until no socket is left, then looks for what else may be. */
const assertNothingIsLeft = Effect.fnUntraced(function* (page: Page) {
  yield* until("every socket has ended", async () =>
    (await page.evaluate(() => window.recording.sockets.every(({ hasEnded }) => hasEnded)))
      ? true
      : undefined
  )
  const all = yield* sockets(page)
  assert.deepStrictEqual(
    all.filter(({ hasAnnounced, hasSaidGoodbye }) => hasAnnounced && !hasSaidGoodbye),
    [],
    "said no goodbye"
  )
  const listeners = yield* Effect.promise(() =>
    page.evaluate(() => window.recording.countListeners())
  )
  assert.deepStrictEqual(listeners, nobodyListens)
})

/** A page in a room with an observer, who has seen it. */
const join = Effect.gen(function* () {
  const { open, relay } = yield* Stage
  const observer = yield* Room.observe(relay)
  const { dataset } = observer
  const { page, problems } = yield* open({ apiHost: relay, dataset, token: "p-ada" })
  yield* observer.next("Joined")
  return { observer, page, problems }
})

const rounds = 200

describe.skipIf(Browser.missing !== undefined)("in StrictMode", () => {
  layer(Stage.layer, { excludeTestServices: true, timeout: "1 minute" })("on one stage", (it) => {
    it.effect(`[P2] components below the provider come and go ${rounds} times: one socket`, () =>
      Effect.gen(function* () {
        const { observer, page, problems } = yield* join
        yield* comeAndGo(page, rounds, "provider")
        const { length } = yield* sockets(page)
        console.log(`components came and went ${rounds} times: ${length} socket in all`)
        assert.strictEqual(length, 1)
        assert.deepStrictEqual(
          observer.all.map(({ change }) => change),
          ["Joined"]
        )
        yield* unmount(page)
        yield* observer.next("Left")
        yield* assertNothingIsLeft(page)
        assert.deepStrictEqual(problems, [])
      })
    )

    it.effect(`[C9] [P2] the provider comes and goes ${rounds} times: nothing is left of it`, () =>
      Effect.gen(function* () {
        const { observer, page, problems } = yield* join
        yield* comeAndGo(page, rounds, "nothing")
        yield* unmount(page)
        yield* assertNothingIsLeft(page)
        const { length } = yield* sockets(page)
        console.log(
          `the provider came and went ${rounds} times: ${length} sockets, at most ${yield* mostAlive(page)} at a time, none is left`
        )
        const count = (change: Room.Seen["change"]) =>
          observer.all.filter((seen) => seen.change === change).length
        yield* until("as many have left as have joined", () =>
          count("Joined") === count("Left") ? true : undefined
        )
        assert.deepStrictEqual(problems, [])
      })
    )

    it.effect("[P2] a provider that comes right back never left, and has one socket", () =>
      Effect.gen(function* () {
        const { observer, page } = yield* join
        yield* comeAndGo(page, 4, "nothing")
        const seen = observer.all.map(({ change }) => change)
        console.log(
          `the provider came right back 4 times: ${yield* mostAlive(page)} sockets at a time, others saw ${seen.join(", ")}`
        )
        assert.strictEqual(yield* mostAlive(page), 1)
        assert.deepStrictEqual(seen, ["Joined"])
      })
    )

    it.effect("[P2] hot reload 20 times: one socket, and nobody sees it", () =>
      Effect.gen(function* () {
        const { browser, relay } = yield* Stage
        const observer = yield* Room.observe(relay)
        const { dataset } = observer
        const hot = yield* HotReload.make(relay, dataset)
        const { page, problems } = yield* Browser.open(browser, hot.url)
        yield* observer.next("Joined")
        const before = Date.now()
        for (let version = 1; version <= 20; version++) {
          const component = version % 2 === 0 ? "Tree" : "Person"
          yield* hot.edit(component, version)
          yield* Effect.promise(() =>
            page.waitForSelector(`[data-version="${component} ${version}"]`, { state: "attached" })
          )
        }
        const { length } = yield* sockets(page)
        console.log(`hot reload: 20 times in ${Date.now() - before} ms, ${length} socket in all`)
        const seen = observer.all.map(({ change }) => change)
        // In one: what went wrong is seen best side by side.
        assert.deepStrictEqual(
          { length, seen, problems },
          { length: 1, seen: ["Joined"], problems: [] }
        )
      })
    )
  })
})
