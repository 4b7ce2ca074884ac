/**
 * Hears of the page for as long as a scope is open.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type PageEvent, PageEvents } from "./PageEvents.ts"

/** Calls the listener with everything that the page does, synchronously, until the scope closes. */
export const followPage = (
  listener: (event: PageEvent) => void
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.flatMap(PageEvents, (page) =>
    Effect.acquireRelease(
      Effect.sync(() => page.subscribe(listener)),
      (unsubscribe) => Effect.sync(unsubscribe)
    )
  )
