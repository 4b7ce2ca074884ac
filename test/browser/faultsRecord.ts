/** What a page under test did: its sockets, its listeners, and what happened to it and when. */

/** A WebSocket of the page. Times are in epoch milliseconds. */
export interface RecordedSocket {
  readonly openedAt: number
  hasAnnounced: boolean
  /** It wrote `disconnect` after the last announce. */
  hasSaidGoodbye: boolean
  /** The page closed it. */
  hasLeft: boolean
  hasEnded: boolean
}

/** Something that happened to the page, or a status that it showed. */
export interface RecordedEvent {
  readonly at: number
  readonly what: string
}

/**
 * - `mostAlive`: the most sockets at a time. One that is still closing does not count if it has said
 *   goodbye, or never announced anything.
 */
export interface Recording {
  readonly sockets: Array<RecordedSocket>
  mostAlive: number
  readonly events: Array<RecordedEvent>
  readonly say: (what: string) => void
  /** How many listeners there are on the window and the document, of those types that matter here. */
  readonly countListeners: () => Record<string, number>
}

declare global {
  interface Window {
    readonly recording: Recording
  }
}

/** Runs in the page before anything else, as a source text: it sees nothing around it. */
export const record = () => {
  const types = ["pagehide", "pageshow", "online", "offline", "visibilitychange"]
  const listening = new Map(types.map((type) => [type, new Set<unknown>()]))
  const { addEventListener, removeEventListener } = EventTarget.prototype
  const ofPage = (target: EventTarget | undefined, type: string) =>
    target === undefined || target === window || target === document
      ? listening.get(type)
      : undefined
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    ofPage(this, type)?.add(listener)
    addEventListener.call(this ?? window, type, listener, options)
  }
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    ofPage(this, type)?.delete(listener)
    removeEventListener.call(this ?? window, type, listener, options)
  }

  const recording: Recording = {
    sockets: [],
    mostAlive: 0,
    events: [],
    say: (what) => void recording.events.push({ at: Date.now(), what }),
    countListeners: () =>
      Object.fromEntries(Array.from(listening, ([type, listeners]) => [type, listeners.size]))
  }
  Object.assign(window, { recording })

  for (const type of types) {
    const target = type === "visibilitychange" ? document : window
    addEventListener.call(target, type, (event) => {
      const detail =
        event instanceof PageTransitionEvent
          ? ` persisted ${event.persisted}`
          : type === "visibilitychange"
            ? ` ${document.visibilityState}`
            : ""
      recording.say(`${type}${detail}`)
    })
  }

  const isAlive = ({ hasAnnounced, hasEnded, hasLeft, hasSaidGoodbye }: RecordedSocket) =>
    !hasEnded && !hasSaidGoodbye && (hasAnnounced || !hasLeft)
  Object.assign(window, {
    WebSocket: class extends WebSocket {
      private readonly recorded: RecordedSocket = {
        openedAt: Date.now(),
        hasAnnounced: false,
        hasSaidGoodbye: false,
        hasLeft: false,
        hasEnded: false
      }
      constructor(url: string | URL, protocols?: string | Array<string>) {
        super(url, protocols)
        // Development servers have sockets of their own.
        if (new URL(url).pathname.includes("/socket/")) recording.sockets.push(this.recorded)
        const alive = recording.sockets.filter(isAlive).length
        recording.mostAlive = Math.max(recording.mostAlive, alive)
        addEventListener.call(this, "close", () => {
          this.recorded.hasEnded = true
        })
      }
      override send(data: string) {
        if (data.includes('"presence_announce"')) {
          this.recorded.hasAnnounced = true
          this.recorded.hasSaidGoodbye = false
        }
        if (data.includes('"presence_disconnect"')) this.recorded.hasSaidGoodbye = true
        super.send(data)
      }
      override close(code?: number, reason?: string) {
        this.recorded.hasLeft = true
        super.close(code, reason)
      }
    }
  })
}
