/** An `@sanity/sdk-react` app with our provider in it, in real Chromium. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Browser from "../browser/Browser.ts"
import { focus, Stage, untilHides, untilSeesAda, untilShows } from "./stage.ts"

/**
 * What the SDK asks the API for on its own account, and a relay has nothing of; the browser notes each
 * a second time, without its address.
 */
const unrelated = [
  /^404 .*\/projects\/demo\?/,
  /^404 .*\/intake\/telemetry-status\?/,
  /^error: Failed to load resource: .* 404 /
]

const sdk = "In the room, as the App SDK sees it"

describe.skipIf(Browser.missing !== undefined)("the example of an App SDK app", () => {
  layer(Stage.layer("sdk-react"), { excludeTestServices: true })("on one stage", (it) => {
    it.effect.each(["bifur", "sdk"] as const)(
      "our hooks, the SDK's hook beside them, and a colleague with the %s client see one room",
      (kind) =>
        Effect.gen(function* () {
          const { scene } = yield* Stage
          const { grace, page, problems } = yield* scene(kind)

          yield* grace.report([{ documentId: "drafts.book", path: ["title"] }])
          yield* untilShows(page, "In the book", "Grace Hopper")
          yield* untilShows(page, "In Title", "Grace Hopper")
          yield* untilShows(page, sdk, 'drafts.book ["title"]')
          yield* grace.report([{ documentId: "drafts.book", path: ["body"] }])
          yield* untilShows(page, "In Body", "Grace Hopper")
          yield* untilHides(page, "In Title", "Grace Hopper")
          yield* untilShows(page, sdk, 'drafts.book ["body"]')

          yield* grace.until("nobody: the page has only read", ({ people }) => people.length === 0)
          yield* focus(page, "Title")
          yield* untilSeesAda(grace, "drafts.book", ["title"])
          yield* focus(page, "Body")
          yield* untilSeesAda(grace, "drafts.book", ["body"])

          yield* grace.leave
          yield* untilHides(page, "In Body", "Grace Hopper")
          yield* untilHides(page, sdk, "Grace Hopper")
          assert.deepStrictEqual(
            problems.filter((problem) => !unrelated.some((known) => known.test(problem))),
            []
          )
        })
    )
  })
})
