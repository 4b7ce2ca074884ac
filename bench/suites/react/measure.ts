/** A busy room in a page: how often React renders, and what it costs. */
import { deepStrictEqual, ok } from "node:assert/strict"
import * as Effect from "effect/Effect"
import { type By, RendersStage, type Scene } from "../../../test/browser/RendersStage.ts"
import type { Measure } from "../../suite.ts"

export interface Input extends Scene {
  readonly by: By
}

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((a, b) => a + b, 0)

export const measure: Measure<Input> = ({ by, ...scene }) =>
  RendersStage.use((stage) => stage.measure(by, scene)).pipe(
    Effect.map(
      ({
        events,
        frames,
        longestFrame,
        needless,
        renders,
        repeated,
        scripting,
        seconds,
        tasks,
        wrong
      }) => {
        if (by !== "nobody") deepStrictEqual(wrong, [], "documents that show something else")
        // In a room that isn't busy, rendering when something changed is no feat.
        if (by === "ours") ok(events > 0.5 * scene.rate * seconds, "the room was not busy")
        return {
          perEvent: (1e6 * scripting) / events,
          scripting: (1_000 * scripting) / seconds,
          tasks: (1_000 * tasks) / seconds,
          renders: sum(renders) / seconds,
          needless: needless / seconds,
          repeated: repeated / seconds,
          frames: frames / seconds,
          longestFrame,
          events: events / seconds
        }
      }
    ),
    Effect.provide(RendersStage.layer),
    Effect.runPromise
  )
