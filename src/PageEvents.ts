/**
 * What happens to the page that the code runs in: it goes away, comes back, is seen or not, loses or
 * regains the network. Outside a browser nothing ever happens.
 */
import * as Context from "effect/Context"

/**
 * One thing that happened to a page.
 *
 * - `hide`: the page is going away, for good or into the back/forward cache. No code runs after the
 *   listeners have returned.
 * - `show`: the page came back from the back/forward cache.
 * - `visible`, `invisible`: the tab came to the front, or went behind another.
 * - `online`, `offline`: the machine has a network again, or has none.
 * - `activity`: somebody uses the pointer or the keyboard; once a second at most.
 */
export type PageEvent =
  | "hide"
  | "show"
  | "visible"
  | "invisible"
  | "online"
  | "offline"
  | "activity"

/** The events of a page, and how it is now. */
export interface PageEventsShape {
  /**
   * Calls the listener with each event until the returned function is called. Within the event: of a page
   * that goes, nothing runs later.
   */
  readonly subscribe: (listener: (event: PageEvent) => void) => () => void
  /** Whether the machine says that it has a network: its word, not a proof. */
  readonly isOnline: () => boolean
  /** Whether the tab is in front. */
  readonly isVisible: () => boolean
}

/** No page: a server, or a tool. Nothing ever happens to it, and it is online and seen. */
export const none: PageEventsShape = {
  subscribe: () => () => {},
  isOnline: () => true,
  isVisible: () => true
}

/** What a person does on a page, whatever the page makes of it. */
const activities = ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"] as const

/** Milliseconds; a pointer moves more often than anybody wants to hear of it. */
const activityInterval = 1_000

/**
 * Listens until the returned function is called. That works even where a simulated page has been taken
 * down meanwhile, as test runners do: its window has no functions left to call.
 */
const listen = (
  target: EventTarget,
  type: string,
  listener: (event: Event) => void,
  options?: AddEventListenerOptions
): (() => void) => {
  const remove = target.removeEventListener.bind(target, type, listener, options)
  target.addEventListener(type, listener, options)
  return remove
}

/**
 * The events of a browser window.
 *
 * @example
 * const unsubscribe = PageEvents.fromWindow(window).subscribe((event) => console.log(event))
 */
export const fromWindow = (window: Window): PageEventsShape => {
  const { document, navigator } = window
  const isVisible = () => document.visibilityState !== "hidden"
  return {
    subscribe: (listener) => {
      let lastActivity = Number.NEGATIVE_INFINITY
      const onActivity = ({ timeStamp }: Event) => {
        if (timeStamp - lastActivity < activityInterval) return
        lastActivity = timeStamp
        listener("activity")
      }
      // While they are captured: a component may stop them on their way up.
      const options = { capture: true, passive: true }
      const stops = [
        listen(window, "pagehide", () => listener("hide")),
        listen(window, "pageshow", (event) => {
          if ("persisted" in event && event.persisted) listener("show")
        }),
        listen(window, "online", () => listener("online")),
        listen(window, "offline", () => listener("offline")),
        listen(document, "visibilitychange", () => listener(isVisible() ? "visible" : "invisible")),
        ...activities.map((type) => listen(window, type, onActivity, options))
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
    isOnline: () => navigator.onLine,
    isVisible
  }
}

/**
 * The page's events: those of the global window where there is one.
 *
 * @example
 * // Presence in a frame of the page, while the page around it comes and goes.
 * const layer = Layer.succeed(PageEvents.PageEvents, PageEvents.fromWindow(window.parent))
 */
export const PageEvents = Context.Reference<PageEventsShape>("effect-sanity-presence/PageEvents", {
  // A window without a document is not a page: React Native's, for instance.
  defaultValue: () =>
    typeof window === "undefined" || typeof document === "undefined" ? none : fromWindow(window)
})
