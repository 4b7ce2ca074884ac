/**
 * Presence for the length of a piece of work.
 */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { ReportedLocation } from "./Location.ts"
import { Presence } from "./Presence.ts"

/** How often others are told that the work goes on: half the time after which they take it for idle. */
const interval = "30 seconds"

/**
 * Shows this session at some places for as long as an effect runs, however it ends: an agent in a
 * document for the length of its edit, a job in the one that it publishes. To others it is active
 * throughout.
 *
 * Several may run at a time, and one in another: others see the places of all of them, each once, beside
 * those of `presence.report`.
 *
 * @example
 * const translate = edit(document).pipe(
 *   whilePresent([{ documentId: "book", path: ["title"] }])
 * )
 */
export const whilePresent =
  (locations: ReadonlyArray<ReportedLocation>) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Presence> =>
    Effect.gen(function* () {
      const presence = yield* Presence
      return yield* Effect.acquireUseRelease(
        Scope.make(),
        (scope) =>
          Effect.gen(function* () {
            const report = yield* Scope.provide(presence.reporter, scope)
            yield* report(locations)
            yield* Effect.sleep(interval).pipe(
              Effect.andThen(report(locations)),
              Effect.forever,
              Effect.forkIn(scope)
            )
            return yield* work
          }),
        Scope.close
      )
    })
