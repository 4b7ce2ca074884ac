/**
 * The time of a soak.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** In milliseconds. */
const lookInterval = 40

/**
 * - `now`: milliseconds since the beginning.
 * - `endRound` ends whatever is being waited for: `hold` waits for so many milliseconds, `until` for
 *   something to be the case, and answers whether it is.
 */
export class SoakTime {
  readonly now: () => number
  private over = Deferred.makeUnsafe<void>()

  constructor() {
    const start = performance.now()
    this.now = () => performance.now() - start
  }

  beginRound(): void {
    this.over = Deferred.makeUnsafe<void>()
  }

  endRound(): void {
    Deferred.doneUnsafe(this.over, Effect.void)
  }

  get isOver(): boolean {
    return Deferred.isDoneUnsafe(this.over)
  }

  hold(millis: number): Effect.Effect<void> {
    return Effect.suspend(() =>
      Effect.raceFirst(Effect.sleep(Math.max(0, millis)), Deferred.await(this.over))
    )
  }

  until(isSo: Effect.Effect<boolean>, millis: number): Effect.Effect<boolean> {
    const { now } = this
    return Effect.gen({ self: this }, function* () {
      const end = now() + millis
      while (true) {
        if (yield* isSo) return true
        if (this.isOver || now() >= end) return false
        yield* this.hold(lookInterval)
      }
    })
  }
}
