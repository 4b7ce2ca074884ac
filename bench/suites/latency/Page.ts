/** A page of this suite in Chromium, and its clock. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Browser from "../../../test/browser/Browser.ts"
import * as BundledPage from "../../../test/browser/BundledPage.ts"
import type { Commit } from "./ours.tsx"

/** Milliseconds of the machine's monotonic clock. */
export const now = () => Number(process.hrtime.bigint()) / 1e6

/** How far the clocks may seem apart, in milliseconds: browsers round theirs. */
const tolerance = 0.3

/**
 * - `others`: how many it knows in the room.
 * - `commits`: all of them, by the clock of {@link now}.
 */
export interface Page {
  readonly others: Effect.Effect<number>
  readonly commits: Effect.Effect<ReadonlyArray<Commit>>
}

/** Opens a page, until the scope closes. */
export const open = Effect.fnUntraced(function* (
  module: URL,
  query: Record<string, string>
): Effect.fn.Return<Page, never, Scope.Scope> {
  const url = yield* BundledPage.serve(module)
  const browser = yield* Browser.launch
  const { context, page } = yield* Browser.open(browser, `${url}/?${new URLSearchParams(query)}`)
  yield* Effect.promise(() => page.waitForFunction(() => "others" in window))

  /** When the page's clock began, by that of the machine: DevTools tells it in seconds. */
  const began = yield* Effect.promise(async () => {
    const devTools = await context.newCDPSession(page)
    await devTools.send("Performance.enable")
    const { metrics } = await devTools.send("Performance.getMetrics")
    await devTools.detach()
    const start = metrics.find(({ name }) => name === "NavigationStart")?.value ?? Number.NaN
    return start * 1_000
  })
  /** Here it was earlier, there it was now, and then it was later here: or there are two clocks. */
  const verifyClock = Effect.promise(async () => {
    const before = now()
    const there = began + (await page.evaluate(() => performance.now()))
    const after = now()
    if (there >= before - tolerance && there <= after + tolerance) return
    throw new Error(`the page's clock is another: ${before}, there ${there}, ${after}`)
  })
  yield* verifyClock

  return {
    others: Effect.promise(() => page.evaluate(() => window.others())),
    commits: Effect.gen(function* () {
      yield* verifyClock
      const commits = yield* Effect.promise(() => page.evaluate(() => window.commits()))
      return commits.map(({ at, move }) => ({ move, at: began + at }))
    })
  }
})
