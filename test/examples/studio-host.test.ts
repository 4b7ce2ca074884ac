/** A Studio's client by context, and our provider in a plugin under it, in real Chromium. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Browser from "../browser/Browser.ts"
import { focus, Stage, untilHides, untilSeesAda, untilShows } from "./stage.ts"

describe.skipIf(Browser.missing !== undefined)("the example of a Studio's plugin", () => {
  layer(Stage.layer("studio-host"), { excludeTestServices: true })("on one stage", (it) => {
    it.effect.each(["bifur", "sdk"] as const)(
      "the plugin's fields and a colleague with the %s client see one room",
      (kind) =>
        Effect.gen(function* () {
          const { scene } = yield* Stage
          const { grace, page, problems } = yield* scene(kind)
          const author = ["authors", { _key: "a1" }, "name"]

          yield* grace.report([{ documentId: "drafts.book", path: ["title"] }])
          yield* untilShows(page, "In Title", "Grace Hopper")
          yield* grace.report([{ documentId: "drafts.book", path: author }])
          yield* untilShows(page, "In First author", "Grace Hopper")
          yield* untilHides(page, "In Title", "Grace Hopper")

          yield* grace.until("nobody: the page has only read", ({ people }) => people.length === 0)
          yield* focus(page, "First author")
          yield* untilSeesAda(grace, "drafts.book", author)
          yield* focus(page, "Title")
          yield* untilSeesAda(grace, "drafts.book", ["title"])

          yield* grace.leave
          yield* untilHides(page, "In First author", "Grace Hopper")
          assert.deepStrictEqual(problems, [])
        })
    )

    it.effect("another login is another client, and the same connection", () =>
      Effect.gen(function* () {
        const { scene } = yield* Stage
        const { grace, page } = yield* scene("bifur")
        const logIn = (name: string) =>
          Effect.promise(() => page.getByRole("button", { name: `Log in as ${name}` }).click())
        const until = (userId: string) =>
          grace.until(
            `only ${userId}`,
            ({ people }) =>
              people.every((person) => person.userId === userId) && people.length === 1
          )

        yield* focus(page, "Title")
        yield* untilSeesAda(grace, "drafts.book", ["title"])
        const before = yield* until("p-ada-lovelace")
        yield* logIn("Ada")
        // One of another room would have come by then, and this one's goodbye.
        yield* Effect.sleep("2 seconds")
        const renewed = yield* until("p-ada-lovelace")
        assert.deepStrictEqual(
          renewed.events.filter(({ type }) => type === "disconnect"),
          []
        )
        yield* logIn("Alan")
        const other = yield* until("p-alan-turing")
        const sessionOf = ({ people }: typeof before) => people.map(({ sessionId }) => sessionId)
        assert.deepStrictEqual(sessionOf(renewed), sessionOf(before))
        assert.deepStrictEqual(sessionOf(other), sessionOf(before))
      })
    )
  })
})
