/** How often React renders in a busy room, counted by its Profiler in real Chromium. */
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { rolldown } from "rolldown"
import { Relay } from "../../src/relay/index.ts"
import { listen } from "../support/listen.ts"
import * as Browser from "./Browser.ts"
import type { Measured } from "./rendersPage.tsx"

const documents = 50
const rate = 1_000

/** The documents in which nobody moves come last. */
const quiet = 5

/** React as it is in production, but with its Profiler. */
const bundle = Effect.promise(async () => {
  const build = await rolldown({
    input: fileURLToPath(new URL("rendersPage.tsx", import.meta.url)),
    platform: "browser",
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
    resolve: { alias: { "react-dom/client": "react-dom/profiling" } },
    onLog: () => {}
  })
  const { output } = await build.generate({ format: "esm", entryFileNames: "page.js" })
  await build.close()
  return new Map(
    output.flatMap((file) => (file.type === "chunk" ? [[`/${file.fileName}`, file.code]] : []))
  )
})

const html = `<!doctype html>
<title>Renders</title>
<link rel="icon" href="data:,">
<div id="root"></div>
<script type="module" src="/page.js"></script>`

type By = "ours" | "context" | "sdk"

class Stage extends Context.Service<
  Stage,
  {
    readonly measure: (by: By, sessions: number, millis: number) => Effect.Effect<Measured>
  }
>()("test/RendersStage") {
  static readonly layer = Layer.effect(
    Stage,
    Effect.gen(function* () {
      const relay = yield* Relay
      const scripts = yield* bundle
      const server = createServer(({ url = "/" }, response) => {
        const script = scripts.get(url)
        const type = script === undefined ? "text/html" : "text/javascript"
        response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(script ?? html)
      })
      const { port } = yield* listen(server)
      const browser = yield* Browser.launch
      const apiHost = `http://localhost:${relay.address.port}`
      return Stage.of({
        measure: (by, sessions, millis) =>
          Effect.gen(function* () {
            const query = new URLSearchParams({
              by,
              apiHost,
              sessions: String(sessions),
              documents: String(documents)
            })
            const { page } = yield* Browser.open(browser, `http://localhost:${port}/?${query}`)
            return yield* Effect.promise(async () => {
              await page.evaluate(() => window.prepare())
              return page.evaluate((options) => window.measure(options), { rate, millis })
            })
          }).pipe(Effect.scoped)
      })
    })
  ).pipe(Layer.provide(Layer.orDie(Relay.layerTest)))
}

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((a, b) => a + b, 0)

const row = ({ changes, events, frames, longestFrame, needless, renders, seconds }: Measured) => ({
  "events / s": Math.round(events / seconds),
  "frames / s": Math.round(frames / seconds),
  "longest frame, ms": Math.round(longestFrame),
  "changes / s, a document": Number((sum(changes) / documents / seconds).toFixed(1)),
  "renders / s, a component": Number((sum(renders) / documents / seconds).toFixed(1)),
  "of them needless": `${Math.round((100 * needless) / Math.max(1, sum(renders)))} %`
})

describe.skipIf(Browser.missing !== undefined)("renders in a busy room", () => {
  layer(Stage.layer, { excludeTestServices: true })((it) => {
    it.effect("[H1] a component renders when its own document changed, once a frame at most", () =>
      Effect.gen(function* () {
        const { measure } = yield* Stage
        const ours = yield* measure("ours", 500, 5_000)
        console.table({ ours: row(ours) })
        console.log(`renders by document: ${ours.renders.join(" ")}`)
        assert.strictEqual(ours.needless, 0, "renders without a change")
        assert.strictEqual(ours.repeated, 0, "renders twice in a frame")
        assert.deepStrictEqual(ours.wrong, [], "documents that show something else")
        assert.isAbove(ours.events, 0.5 * rate * ours.seconds, "the room was not busy")
        for (const [document, renders] of ours.renders.entries()) {
          if (document >= documents - quiet) assert.strictEqual(renders, 0)
          else assert.isAbove(renders, 0)
        }
      })
    )

    // With 500 sessions, the SDK is busy for half a minute with their joining alone.
    it.effect("a smaller room by other means, for comparison", () =>
      Effect.gen(function* () {
        const { measure } = yield* Stage
        const ours = yield* measure("ours", 100, 3_000)
        const context = yield* measure("context", 100, 3_000)
        const sdk = yield* measure("sdk", 100, 3_000)
        console.table({
          ours: row(ours),
          "one React context": row(context),
          "@sanity/sdk-react 3.4.0": row(sdk)
        })
        assert.isBelow(sum(ours.renders), sum(context.renders) / 2)
        assert.deepStrictEqual([...ours.wrong, ...context.wrong, ...sdk.wrong], [])
      })
    )
  })
})
