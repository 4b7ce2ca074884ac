// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import * as PageEvents from "../../src/PageEvents.ts"

describe("the end of a page", () => {
  it("[C9] is pagehide, each time, until nobody listens", () => {
    const seen: Array<PageEvents.PageEvent> = []
    const stop = PageEvents.fromWindow(window).subscribe((event) => seen.push(event))
    window.dispatchEvent(new Event("pagehide"))
    window.dispatchEvent(new Event("pagehide"))
    assert.deepStrictEqual(seen, ["hide", "hide"])
    stop()
    window.dispatchEvent(new Event("pagehide"))
    assert.lengthOf(seen, 2)
  })

  it("[C9] is not beforeunload: a visitor who is asked may still stay", () => {
    const seen: Array<PageEvents.PageEvent> = []
    const stop = PageEvents.fromWindow(window).subscribe((event) => seen.push(event))
    window.dispatchEvent(new Event("beforeunload", { cancelable: true }))
    assert.deepStrictEqual(seen, [])
    stop()
  })
})
