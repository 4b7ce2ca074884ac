/**
 * A tab that Playwright does not know, driven over the DevTools protocol: Playwright keeps its own
 * pages visible and focused, whatever happens to their window.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Browser, CDPSession } from "playwright-core"

/** - `evaluate`: what the expression comes to, as a string; undefined while there is none. */
export interface Tab {
  readonly evaluate: (expression: string) => Effect.Effect<string | undefined>
  /** Minimizes its window: `document.visibilityState` is really `hidden` then. */
  readonly hide: Effect.Effect<void>
  readonly show: Effect.Effect<void>
}

interface Answer {
  readonly id?: number
  readonly result?: {
    readonly windowId?: number
    readonly result?: { readonly value?: unknown }
  }
}

/** Sends commands to one target through the session of the browser. */
const makeSend = (browser: CDPSession, sessionId: string) => {
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  browser.on("Target.receivedMessageFromTarget", (event) => {
    if (event.sessionId !== sessionId) return
    const answer: Answer = JSON.parse(event.message)
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  return (method: string, params: object = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, resolve)
      const message = JSON.stringify({ id, method, params })
      browser.send("Target.sendMessageToTarget", { sessionId, message }).catch(reject)
    })
}

/** Opens `url` in a context and a window of its own, until the scope closes. */
export const open = Effect.fnUntraced(function* (
  browser: Browser,
  url: string
): Effect.fn.Return<Tab, never, Scope.Scope> {
  const session = yield* Effect.promise(() => browser.newBrowserCDPSession())
  const { browserContextId } = yield* Effect.acquireRelease(
    Effect.promise(() => session.send("Target.createBrowserContext")),
    (context) => Effect.promise(() => session.send("Target.disposeBrowserContext", context))
  )
  const { targetId } = yield* Effect.promise(() =>
    session.send("Target.createTarget", { url, browserContextId })
  )
  const { sessionId } = yield* Effect.promise(() =>
    session.send("Target.attachToTarget", { targetId, flatten: false })
  )
  const send = makeSend(session, sessionId)
  const setWindow = (windowState: "minimized" | "normal") =>
    Effect.promise(async () => {
      const { result } = await send("Browser.getWindowForTarget")
      await send("Browser.setWindowBounds", { windowId: result?.windowId, bounds: { windowState } })
    })
  return {
    evaluate: (expression) =>
      Effect.promise(async () => {
        const { result } = await send("Runtime.evaluate", { expression, returnByValue: true })
        const value = result?.result?.value
        return typeof value === "string" ? value : undefined
      }),
    hide: setWindow("minimized"),
    show: setWindow("normal")
  }
})
