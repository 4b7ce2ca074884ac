/** How often React renders in a busy room, counted by its Profiler in real Chromium. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Browser from "./Browser.ts"
import { documents, RendersStage } from "./RendersStage.ts"
import type { Measured } from "./rendersPage.tsx"

const rate = 1_000

/** The documents in which nobody moves come last. */
const quiet = 5

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
  layer(RendersStage.layer, { excludeTestServices: true })("on one stage", (it) => {
    it.effect("[H1] a component renders when its own document changed, once a frame at most", () =>
      Effect.gen(function* () {
        const { measure } = yield* RendersStage
        const ours = yield* measure("ours", { sessions: 500, rate, millis: 5_000 })
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
        const { measure } = yield* RendersStage
        const smaller = { sessions: 100, rate, millis: 3_000 }
        const ours = yield* measure("ours", smaller)
        const context = yield* measure("context", smaller)
        const sdk = yield* measure("sdk", smaller)
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
