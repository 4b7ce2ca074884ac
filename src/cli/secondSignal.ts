/**
 * Ctrl-C for those who do not want to wait.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { exitCodeOf } from "./interrupted.ts"

/** npm passes on the signal that the terminal has sent already: that is one, not two. */
const echoTime = 500

/** Once the scope closes, another SIGINT ends the process at once. */
export const quitOnSecondSignal: Effect.Effect<void, never, Scope.Scope> = Effect.addFinalizer(() =>
  Effect.sync(() => {
    const start = performance.now()
    process.on("SIGINT", () => {
      if (performance.now() - start >= echoTime) process.exit(exitCodeOf("SIGINT"))
    })
  })
)
