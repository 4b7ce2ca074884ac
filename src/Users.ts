/**
 * The profiles of the people in a room: batched, remembered, and never in anybody's way.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Auth } from "./Auth.ts"
import type { SanityClient } from "./SanityClient.ts"
import type { UserId } from "./Session.ts"
import * as UserLookup from "./UserLookup.ts"
import type { UserProfile } from "./UserProfile.ts"

/** The profiles that are known, by user id. */
export type Profiles = HashMap.HashMap<UserId, UserProfile>

/**
 * The profiles of people.
 *
 * @example
 * yield* users.request([userId])
 * const name = profileOf(yield* SubscriptionRef.get(users.profiles), userId).displayName
 */
export class Users extends Context.Service<
  Users,
  {
    /** Those known so far. {@link profileOf} reads one, known or not. */
    readonly profiles: SubscriptionRef.SubscriptionRef<Profiles>
    /**
     * Asks for those that are not known, in the background. Never fails: who can't be found is asked for
     * again later, and shown with the id until then.
     */
    readonly request: (ids: Iterable<UserId>) => Effect.Effect<void>
    /** Whose the current token is, while `followSelf` runs and once it is known. */
    readonly self: SubscriptionRef.SubscriptionRef<Option.Option<UserId>>
    /**
     * Keeps `self` up to date, and asks for its profile, for as long as it runs: now, and whenever the
     * token changes. Never fails.
     */
    readonly followSelf: Effect.Effect<void>
  }
>()("effect-sanity-presence/Users") {
  /** Profiles from Sanity, or from a relay. */
  static readonly layer: Layer.Layer<Users, never, SanityClient | Auth> = Layer.suspend(() =>
    Layer.effect(Users, Effect.flatMap(UserLookup.make, make))
  )
}

/**
 * The profile of a user; until it is known, a placeholder with the id.
 *
 * @example
 * const profiles = yield* SubscriptionRef.get(users.profiles)
 * profileOf(profiles, session.userId).displayName // "Ada Lovelace", or "p-ada" for now
 */
export const profileOf = (profiles: Profiles, id: UserId): UserProfile =>
  Option.getOrElse(HashMap.get(profiles, id), () => ({ id, displayName: id }))

/** Requests within this time go out as one. 20 ms: a room's answers to a roll call, mostly. */
const batchDelay = "20 millis"

/** The most ids in one request, so that its URL stays under 4 kB. */
const batchSize = 50

/** The most people remembered; beyond it people are shown with their ids. Bounds the memory. */
const capacity = 10_000

/** The waits before asking again: 5 s, 10 s, … 5 min. */
const retryDelay = (attempt: number): Duration.Duration =>
  Duration.seconds(Math.min(300, 5 * 2 ** attempt))

/** About an hour in all; then only when somebody asks again. */
const maxRetries = 16

/** Ids that go out as one request each. */
const toBatches = (ids: ReadonlyArray<UserId>): ReadonlyArray<ReadonlyArray<UserId>> => {
  const batches = ids.filter((id) => !UserLookup.isProjectUser(id)).map((id) => [id])
  const rest = ids.filter(UserLookup.isProjectUser)
  while (rest.length > 0) batches.push(rest.splice(0, batchSize))
  return batches
}

/**
 * The service over any lookup. Batches by hand: `effect/RequestResolver` adds 1.4 kB to every bundle,
 * gzipped.
 */
export const make = Effect.fnUntraced(function* ({ lookup, tokens, whose }: UserLookup.UserLookup) {
  const profiles = yield* SubscriptionRef.make<Profiles>(HashMap.empty())
  const self = yield* SubscriptionRef.make(Option.none<UserId>())
  const scope = yield* Effect.scope
  const asking = new Set<UserId>()
  let waiting: Array<UserId> = []

  const isKnown = (id: UserId) => HashMap.has(SubscriptionRef.getUnsafe(profiles), id)

  const forget = (ids: Iterable<UserId>) => {
    for (const id of ids) asking.delete(id)
  }

  const remember = (found: ReadonlyMap<UserId, UserProfile>) =>
    found.size === 0
      ? Effect.void
      : Effect.andThen(
          SubscriptionRef.update(profiles, (known) => HashMap.setMany(known, found)),
          Effect.sync(() => forget(found.keys()))
        )

  const lookupAll = (ids: ReadonlyArray<UserId>) => Effect.flatMap(lookup(ids), remember)

  /** One bad id may fail a whole batch, so that is asked for again one by one. */
  const lookupEach = (ids: ReadonlyArray<UserId>) =>
    lookupAll(ids).pipe(
      Effect.catch((error) =>
        ids.length === 1 || !error.isOfIds
          ? Effect.void
          : Effect.forEach(ids, (id) => Effect.option(lookupAll([id])), {
              concurrency: 8,
              discard: true
            })
      )
    )

  /** Asks for those that are not found again, later. */
  const ask: (ids: ReadonlyArray<UserId>, attempt: number) => Effect.Effect<void> =
    Effect.fnUntraced(function* (ids, attempt) {
      yield* lookupEach(ids)
      const missing = ids.filter((id) => !isKnown(id))
      if (missing.length === 0) return
      if (attempt < maxRetries) {
        return yield* Effect.delay(ask(missing, attempt + 1), retryDelay(attempt))
      }
      yield* Effect.logDebug("No profile was found").pipe(
        Effect.annotateLogs({ action: "presence/profile", users: missing })
      )
    })

  const askWaiting = Effect.suspend(() => {
    const batches = toBatches(waiting)
    waiting = []
    return Effect.forEach(batches, (ids) =>
      ask(ids, 0).pipe(Effect.ensuring(Effect.sync(() => forget(ids))), Effect.forkIn(scope))
    )
  })

  const request = Effect.fnUntraced(function* (ids: Iterable<UserId>) {
    const isWaiting = waiting.length > 0
    const known = HashMap.size(SubscriptionRef.getUnsafe(profiles))
    for (const id of ids) {
      if (isKnown(id) || asking.has(id) || known + asking.size >= capacity) continue
      asking.add(id)
      waiting.push(id)
    }
    if (isWaiting || waiting.length === 0) return
    yield* Effect.forkIn(Effect.delay(askWaiting, batchDelay), scope)
    // Whoever is interrupted between the two would leave ids that wait for ever.
  }, Effect.uninterruptible)

  const followSelf = Stream.runForEach(
    tokens,
    Effect.fnUntraced(function* (token) {
      const id = yield* whose(token)
      yield* SubscriptionRef.set(self, id)
      yield* request(Option.toArray(id))
    })
  )

  return Users.of({ profiles, request, self, followSelf })
})
