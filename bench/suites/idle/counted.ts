/**
 * Counts what a client does, whatever it is made of: calls of timers, and messages of sockets. Only for
 * what is imported after {@link count}, since libraries keep the timers that they find.
 */
import { performance } from "node:perf_hooks"

/**
 * - `timers`: callbacks of setTimeout and setInterval that have run; not those of Node's own modules.
 * - `immediates`: the same of setImmediate, which runs in a turn of the event loop that is under way.
 * - `wakeUps`: turns of the event loop, for timers, sockets and whatever else.
 * - `sent`, `received`: messages of WebSockets.
 */
export interface Counts {
  readonly timers: number
  readonly immediates: number
  readonly wakeUps: number
  readonly sent: number
  readonly received: number
}

/** Counts from now on; gives the counts until the moment of the call. */
export const count = (): (() => Counts) => {
  let timers = 0
  let immediates = 0
  let sent = 0
  let received = 0

  const counting = <F extends typeof setTimeout | typeof setInterval | typeof setImmediate>(
    schedule: F,
    onCall: () => void
  ): F =>
    new Proxy(schedule, {
      apply: (target, self, [callback, ...rest]) =>
        Reflect.apply(target, self, [
          (...args: ReadonlyArray<unknown>) => {
            onCall()
            return callback(...args)
          },
          ...rest
        ])
    })

  const onTimer = () => {
    timers += 1
  }
  const onImmediate = () => {
    immediates += 1
  }

  class CountingWebSocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | Array<string>) {
      super(url, protocols)
      this.addEventListener("message", () => {
        received += 1
      })
    }

    override send(...args: Parameters<WebSocket["send"]>) {
      sent += 1
      super.send(...args)
    }
  }

  Object.assign(globalThis, {
    setTimeout: counting(setTimeout, onTimer),
    setInterval: counting(setInterval, onTimer),
    setImmediate: counting(setImmediate, onImmediate),
    WebSocket: CountingWebSocket
  })

  return () => ({
    timers,
    immediates,
    wakeUps: performance.nodeTiming.uvMetricsInfo.loopCount,
    sent,
    received
  })
}
