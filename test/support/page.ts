import type { PageEvents } from "../../src/index.ts"

/** A page that the test moves. */
export const makePage = () => {
  const listeners = new Set<(event: PageEvents.PageEvent) => void>()
  const state = { online: true, visible: true }
  const events: PageEvents.PageEventsShape = {
    isOnline: () => state.online,
    isVisible: () => state.visible,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  }
  return {
    events,
    listeners,
    state,
    fire: (event: PageEvents.PageEvent) => {
      for (const listener of Array.from(listeners)) listener(event)
    }
  }
}
