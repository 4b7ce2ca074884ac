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
  const listen = () => process.on("SIGTSTP", onStop).on("SIGCONT", onContinue)
  const ignore = () => process.off("SIGTSTP", onStop).off("SIGCONT", onContinue)
  const onContinue = () => {
    setRaw(true)
    page.enter()
  }
  const onStop = () => {
    page.leave()
    setRaw(false)
    ignore()
    // By its default it stops here until it is continued, and does nothing where no shell could do that
    // (`ssh -t` with a command, the first process of a container): a SIGSTOP would be for ever there.
    process.kill(process.pid, "SIGTSTP")
    onContinue()
    listen()
  }
  return process.platform === "win32"
    ? Effect.void
    : Effect.asVoid(Effect.acquireRelease(Effect.sync(listen), () => Effect.sync(ignore)))
}
