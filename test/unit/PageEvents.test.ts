// @vitest-environment happy-dom
import { assert, beforeEach, describe, it, vi } from "@effect/vitest"
import * as PageEvents from "../../src/PageEvents.ts"

const at = (type: string, millis: number): Event => {
  const event = new Event(type, { bubbles: true, cancelable: true })
  Object.defineProperty(event, "timeStamp", { value: millis })
  return event
}

describe("the events of a page", () => {
  const seen: Array<PageEvents.PageEvent> = []
  const listen = () => PageEvents.fromWindow(window).subscribe((event) => seen.push(event))
  beforeEach(() => {
    seen.length = 0
    document.body.innerHTML = "<input>"
  })

  for (const type of ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"]) {
    it(`[Q4] ${type} is activity, anywhere on the page, until nobody listens`, () => {
      const stop = listen()
      document.querySelector("input")?.dispatchEvent(at(type, 5_000))
      assert.deepStrictEqual(seen, ["activity"])
      stop()
      window.dispatchEvent(at(type, 50_000))
      assert.deepStrictEqual(seen, ["activity"])
    })
  }

  it("[Q4] activity is told once a second at most, whatever it is", () => {
    const stop = listen()
    for (let millis = 0; millis < 3_000; millis += 10) {
      window.dispatchEvent(at(millis % 20 === 0 ? "pointermove" : "keydown", millis))
    }
    assert.deepStrictEqual(seen, ["activity", "activity", "activity"])
    stop()
  })

  it("[Q4] what a component keeps to itself is activity all the same", () => {
    const input = document.querySelector("input")
    input?.addEventListener("keydown", (event) => event.stopImmediatePropagation())
    const stop = listen()
    input?.dispatchEvent(at("keydown", 0))
    assert.deepStrictEqual(seen, ["activity"])
    stop()
  })

  it("[Q4] focus, scrolling by code, and the page's own timers are none", () => {
    const stop = listen()
    for (const type of ["focus", "scroll", "input", "change", "visibilitychange"]) {
      document.querySelector("input")?.dispatchEvent(at(type, 0))
    }
    assert.notInclude(seen, "activity")
    stop()
  })

  it("[C9] a page that is hidden away and comes back as it was is told of, a new one is not", () => {
    const stop = listen()
    const shown = (persisted: boolean) =>
      Object.defineProperty(new Event("pageshow"), "persisted", { value: persisted })
    window.dispatchEvent(shown(false))
    window.dispatchEvent(new Event("pagehide"))
    window.dispatchEvent(shown(true))
    assert.deepStrictEqual(seen, ["hide", "show"])
    stop()
  })

  it("[C9] the network that goes and comes is told of", () => {
    const stop = listen()
    window.dispatchEvent(new Event("offline"))
    window.dispatchEvent(new Event("online"))
    assert.deepStrictEqual(seen, ["offline", "online"])
    stop()
  })

  it("[C10] a page that nobody sees, and one that is shown again, are told apart", () => {
    const stop = listen()
    const visibility = vi.spyOn(document, "visibilityState", "get")
    for (const state of ["hidden", "visible"] as const) {
      visibility.mockReturnValue(state)
      document.dispatchEvent(new Event("visibilitychange"))
    }
    visibility.mockRestore()
    assert.deepStrictEqual(seen, ["invisible", "visible"])
    stop()
  })

  it("who stops listening to a page that was taken down meanwhile is not stopped by that", () => {
    const target = new EventTarget()
    const add = target.addEventListener.bind(target)
    const remove = target.removeEventListener.bind(target)
    // As test runners leave the global window behind: without its functions.
    const page: Record<string, unknown> = {
      addEventListener: add,
      removeEventListener: remove,
      document: { visibilityState: "visible", addEventListener: add, removeEventListener: remove },
      navigator: { onLine: true }
    }
    const events = PageEvents.fromWindow(page as unknown as Window)
    const stop = events.subscribe((event) => seen.push(event))
    target.dispatchEvent(at("keydown", 0))
    assert.deepStrictEqual(seen, ["activity"])
    for (const name of Object.keys(page)) delete page[name]
    stop()
    target.dispatchEvent(at("keydown", 5_000))
    assert.deepStrictEqual(seen, ["activity"])
    assert.isTrue(events.isVisible())
    assert.isTrue(events.isOnline())
  })

  it("two who listen are told each for itself", () => {
    const stops = [listen(), listen()]
    window.dispatchEvent(at("keydown", 0))
    assert.deepStrictEqual(seen, ["activity", "activity"])
    stops[0]?.()
    window.dispatchEvent(at("keydown", 2_000))
    assert.lengthOf(seen, 3)
    stops[1]?.()
  })
})
