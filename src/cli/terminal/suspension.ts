/**
 * Ctrl-Z for a command that has taken the terminal over: whoever suspends it gets the terminal back.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const setRaw = (isRaw: boolean): void => {
  if (process.stdin.isTTY) process.stdin.setRawMode(isRaw)
}

/** Suspends it, with whatever started it: a terminal that passes keys on does not do so itself. */
export const suspend: Effect.Effect<void> = Effect.sync(() => {
  if (process.platform !== "win32") process.kill(0, "SIGTSTP")
})

/**
 * Until the scope closes, gives the terminal back before this process is suspended, and takes it again
 * after that.
 */
export const handTerminalOver = (page: {
  readonly leave: () => void
  readonly enter: () => void
}): Effect.Effect<void, never, Scope.Scope> => {
  const onStop = () => {
    page.leave()
    setRaw(false)
    // The signal itself has been taken; this one cannot be.
    process.kill(process.pid, "SIGSTOP")
  }
  const onContinue = () => {
    setRaw(true)
    page.enter()
  }
  return process.platform === "win32"
    ? Effect.void
    : Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => process.on("SIGTSTP", onStop).on("SIGCONT", onContinue)),
          () => Effect.sync(() => process.off("SIGTSTP", onStop).off("SIGCONT", onContinue))
        )
      )
}
