/**
 * The stage for busy rooms in real Chromium: a page with a component for each of {@link documents}
 * documents, by whose means ever.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Relay } from "../../src/relay/index.ts"
import * as Browser from "./Browser.ts"
import * as BundledPage from "./BundledPage.ts"
import type { Measured } from "./rendersPage.tsx"

export const documents = 50

/** By whose means the page shows who is there; `nobody` hears of it and shows nothing. */
export type By = "ours" | "context" | "sdk" | "nobody"

/** A room of so many sessions, and `rate` events a second for so long. */
export interface Scene {
  readonly sessions: number
  readonly rate: number
  readonly millis: number
}

/** What it cost too, in seconds: running scripts, and all that the page's main thread did. */
export interface Staged extends Measured {
  readonly scripting: number
  readonly tasks: number
}

export class RendersStage extends Context.Service<
  RendersStage,
  {
    readonly measure: (by: By, scene: Scene) => Effect.Effect<Staged>
  }
>()("test/RendersStage") {
  static readonly layer = Layer.effect(
    RendersStage,
    Effect.gen(function* () {
      const relay = yield* Relay
      // React as it is in production, but with its Profiler.
      const url = yield* BundledPage.serve(new URL("rendersPage.tsx", import.meta.url), {
        "react-dom/client": "react-dom/profiling"
      })
      const browser = yield* Browser.launch
      const apiHost = `http://localhost:${relay.address.port}`
      return RendersStage.of({
        measure: (by, { millis, rate, sessions }) =>
          Effect.gen(function* () {
            const query = new URLSearchParams({
              by,
              apiHost,
              sessions: String(sessions),
              documents: String(documents)
            })
            const { context, page } = yield* Browser.open(browser, `${url}/?${query}`)
            return yield* Effect.promise(async (): Promise<Staged> => {
              const devTools = await context.newCDPSession(page)
              await devTools.send("Performance.enable")
              const cost = async () => {
                const { metrics } = await devTools.send("Performance.getMetrics")
                const of = (metric: string) =>
                  metrics.find(({ name }) => name === metric)?.value ?? Number.NaN
                return { scripting: of("ScriptDuration"), tasks: of("TaskDuration") }
              }
              await page.evaluate(() => window.prepare())
              const before = await cost()
              const measured = await page.evaluate((options) => window.measure(options), {
                rate,
                millis
              })
              const after = await cost()
              return {
                ...measured,
                scripting: after.scripting - before.scripting,
                tasks: after.tasks - before.tasks
              }
            })
          }).pipe(Effect.scoped)
      })
    })
  ).pipe(Layer.provide(Layer.orDie(Relay.layerTest)))
}
