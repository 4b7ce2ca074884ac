/**
 * The names of the people in a room, which come when they come.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { newcomers } from "../../newcomers.ts"
import { Presence } from "../../Presence.ts"
import type { UserId } from "../../Session.ts"
import { Users } from "../../Users.ts"

/**
 * Asks for the names of everyone, and waits a little for them: without one, the id says who it is.
 */
export const awaitNames = Effect.fnUntraced(function* (
  ids: ReadonlyArray<UserId>,
  atMost: Duration.Input = "2 seconds"
) {
  const users = yield* Users
  yield* users.request(ids)
  yield* SubscriptionRef.changes(users.profiles).pipe(
    Stream.takeUntil((profiles) => ids.every((id) => HashMap.has(profiles, id))),
    Stream.runDrain,
    Effect.timeoutOption(atMost)
  )
  return yield* SubscriptionRef.get(users.profiles)
})

/** Asks for the names of whoever is there, from now on. */
export const followNames = Effect.gen(function* () {
  const users = yield* Users
  const presence = yield* Presence
  yield* Stream.runForEach(presence.changes, (change) => users.request(newcomers(change)))
})
