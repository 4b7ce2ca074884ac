import * as Effect from "effect/Effect"

/** Ours, and the App SDK's. */
export interface Source<out A> {
  readonly getCurrent: () => A
  readonly subscribe: (listener: () => void) => () => void
}

/** Waits for the first value that fits; the test's own timeout bounds it. */
export const valueOf = <A>(source: Source<A>, fits: (value: A) => boolean): Effect.Effect<A> =>
  Effect.callback<A>((resume) => {
    let unsubscribe: (() => void) | undefined
    const check = () => {
      const value = source.getCurrent()
      if (!fits(value)) return
      unsubscribe?.()
      resume(Effect.succeed(value))
    }
    unsubscribe = source.subscribe(check)
    check()
    return Effect.sync(unsubscribe)
  })
