/**
 * What happens to the page that the code runs in: it goes away, comes back, is seen or not, loses or
 * regains the network. Outside a browser nothing ever happens.
 */
import * as Context from "effect/Context"

/**
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

/**
 * The events of a page, called synchronously. `isOnline` is the machine's word, not a proof;
 * `isVisible` whether the tab is in front.
 */
export interface PageEventsShape {
  readonly subscribe: (listener: (event: PageEvent) => void) => () => void
  readonly isOnline: () => boolean
  readonly isVisible: () => boolean
}

/** No page. */
export const none: PageEventsShape = {
  subscribe: () => () => {},
  isOnline: () => true,
  isVisible: () => true
}

/** What a person does on a page, whatever the page makes of it. */
const activities = ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"] as const

/** Milliseconds; a pointer moves more often than anybody wants to hear of it. */
const activityInterval = 1_000

/** The events of a browser window. */
export const fromWindow = (window: Window): PageEventsShape => {
  const isVisible = () => window.document.visibilityState !== "hidden"
  return {
    subscribe: (listener) => {
      const onHide = () => listener("hide")
      const onShow = (event: PageTransitionEvent) => {
        if (event.persisted) listener("show")
      }
      const onVisibility = () => listener(isVisible() ? "visible" : "invisible")
      const onOnline = () => listener("online")
      const onOffline = () => listener("offline")
      let lastActivity = Number.NEGATIVE_INFINITY
      const onActivity = ({ timeStamp }: Event) => {
        if (timeStamp - lastActivity < activityInterval) return
        lastActivity = timeStamp
        listener("activity")
      }
      window.addEventListener("pagehide", onHide)
      window.addEventListener("pageshow", onShow)
      window.addEventListener("online", onOnline)
      window.addEventListener("offline", onOffline)
      window.document.addEventListener("visibilitychange", onVisibility)
      // While they are captured: a component may stop them on their way up.
      const options = { capture: true, passive: true }
      for (const type of activities) window.addEventListener(type, onActivity, options)
      return () => {
        window.removeEventListener("pagehide", onHide)
        window.removeEventListener("pageshow", onShow)
        window.removeEventListener("online", onOnline)
        window.removeEventListener("offline", onOffline)
        window.document.removeEventListener("visibilitychange", onVisibility)
        for (const type of activities) window.removeEventListener(type, onActivity, options)
      }
    },
    isOnline: () => window.navigator.onLine,
    isVisible
  }
}

/** The page's events: those of the global window where there is one. */
export const PageEvents = Context.Reference<PageEventsShape>("effect-sanity-presence/PageEvents", {
  // A window without a document is not a page: React Native's, for instance.
  defaultValue: () =>
    typeof window === "undefined" || typeof document === "undefined" ? none : fromWindow(window)
})
