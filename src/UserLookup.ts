/**
 * Where Sanity keeps a user's profile, which depends on the form of the id.
 */
import type { SanityClient as Client } from "@sanity/client"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Auth, type Token } from "./Auth.ts"
import { PresenceConfig } from "./PresenceConfig.ts"
import { SanityClient } from "./SanityClient.ts"
import { currentUserVersion, statusOf, underToken } from "./SanityRequest.ts"
import { UserId } from "./Session.ts"
import type { UserProfile } from "./UserProfile.ts"

/** The API version that answers a list of project users. */
const projectUsersVersion = "2025-07-18"

/** The API version of the access API. */
const accessVersion = "vX"

/** The most requests at a time. 6: as many as a browser makes to one host. */
const maxRequests = 6

/** Sent with every request, as the App SDK does. */
const tag = "users.get"

const Profile = Schema.Struct({
  displayName: Schema.String,
  imageUrl: Schema.optionalKey(Schema.NullOr(Schema.String))
})
const ProjectUser = Schema.Struct({ ...Profile.fields, id: UserId })
const ProjectUsers = Schema.Union([ProjectUser, Schema.Array(ProjectUser)])
const AccessUser = Schema.Struct({ profile: Profile })
const Me = Schema.Struct({ id: UserId })
const Canvas = Schema.Struct({ organizationId: Schema.String })

/**
 * A profile could not be read: there is none, or the service did not answer well. `isOfIds` where other
 * ids might have had an answer.
 */
export class UserLookupError extends Schema.TaggedError<UserLookupError>()("UserLookupError", {
  cause: Schema.Unknown,
  isOfIds: Schema.Boolean
}) {
  override get message() {
    return "A user's profile could not be read."
  }
}

/**
 * - `lookup` reads the profiles of several users with as few requests as their ids allow. Whoever is
 *   not in the answer has none.
 * - `tokens`: the token, now and whenever it changes; `whose`: its user, asked for with what is the token
 *   by then, none where that can't be known.
 */
export interface UserLookup {
  readonly lookup: (
    ids: ReadonlyArray<UserId>
  ) => Effect.Effect<ReadonlyMap<UserId, UserProfile>, UserLookupError>
  readonly tokens: Stream.Stream<Token>
  readonly whose: (token: Token) => Effect.Effect<Option.Option<UserId>>
}

const toProfile = (id: UserId, { displayName, imageUrl }: typeof Profile.Type): UserProfile => ({
  id,
  displayName: displayName.trim() || id,
  ...(imageUrl == null ? {} : { imageUrl })
})

/** Whether many of these ids can be asked for at once. */
export const isProjectUser = (id: UserId): boolean => id.startsWith("p")

/**
 * An id as part of a path. Ids come from the server, and not every string can be written in one: dots lead
 * to another path.
 */
const segment = (id: string): Effect.Effect<string, UserLookupError> =>
  Effect.try({
    try: () => {
      if (/^\.\.?$/.test(id)) throw new Error(id)
      return encodeURIComponent(id)
    },
    catch: (cause) => new UserLookupError({ cause, isOfIds: true })
  })

/** The status of an answer that is about what was asked for, not about the service. */
const isOfIds = (cause: unknown): boolean => {
  const status = statusOf(cause)
  return status === 400 || status === 404
}

/** The lookup of a resource, under its current token. */
export const make = Effect.gen(function* () {
  const { client, resource } = yield* SanityClient
  const { token } = yield* Auth
  const { requestTimeout } = yield* PresenceConfig
  const requests = yield* Semaphore.make(maxRequests)
  const oneAtATime = yield* Semaphore.make(1)
  let organizationId: string | undefined

  const get = Effect.fnUntraced(function* <A>(
    schema: Schema.Codec<A, unknown>,
    url: string,
    config: Parameters<Client["withConfig"]>[0]
  ) {
    const current = yield* SubscriptionRef.get(token)
    const authorized = client.withConfig({ ...config, ...underToken(current) })
    const answer = yield* Effect.tryPromise({
      try: (signal): Promise<unknown> => authorized.request({ url, tag, signal }),
      catch: (cause) => new UserLookupError({ cause, isOfIds: isOfIds(cause) })
    }).pipe(requests.withPermits(1))
    // Without Schema's reason: its formatter would add 0.8 kB to every bundle.
    return yield* Option.match(Schema.decodeUnknownOption(schema)(answer), {
      onNone: () =>
        Effect.fail(new UserLookupError({ cause: "an answer of another form", isOfIds: true })),
      onSome: (value) => Effect.succeed(value)
    })
  })

  const organization = (canvasId: string) =>
    Effect.gen(function* () {
      if (organizationId === undefined) {
        const canvas = yield* get(Canvas, `/canvases/${yield* segment(canvasId)}`, {
          apiVersion: accessVersion
        })
        organizationId = canvas.organizationId
      }
      return organizationId
    }).pipe(oneAtATime.withPermits(1))

  const projectUsers = Effect.fnUntraced(function* (ids: ReadonlyArray<UserId>) {
    const list = yield* Effect.forEach(ids, segment)
    const found = yield* get(ProjectUsers, `/users/${list.join(",")}`, {
      apiVersion: projectUsersVersion
    })
    const users = "id" in found ? [found] : found
    return new Map(users.map((user) => [user.id, toProfile(user.id, user)]))
  })

  const accessUser = Effect.fnUntraced(function* (id: UserId) {
    const owner =
      resource.type === "dataset"
        ? `project/${resource.projectId}`
        : `organization/${yield* organization(resource.canvasId)}`
    const { profile } = yield* get(AccessUser, `/access/${owner}/users/${yield* segment(id)}`, {
      apiVersion: accessVersion,
      ...(id.startsWith("g") ? { useProjectHostname: false } : {})
    })
    return toProfile(id, profile)
  })

  const lookup: UserLookup["lookup"] = Effect.fnUntraced(function* (ids) {
    const [first] = ids
    if (first !== undefined && resource.type === "dataset" && ids.every(isProjectUser)) {
      return yield* projectUsers(ids)
    }
    const profiles = yield* Effect.forEach(ids, accessUser, { concurrency: maxRequests })
    return new Map(profiles.map((profile) => [profile.id, profile]))
  })

  // A question that hangs must not keep the next token from being asked for.
  const me = get(Me, "/users/me", { apiVersion: currentUserVersion }).pipe(
    Effect.timeoutOption(requestTimeout),
    Effect.option,
    Effect.map(Option.flatten),
    Effect.map(Option.map(({ id }) => id))
  )

  return {
    lookup,
    tokens: SubscriptionRef.changes(token),
    whose: (current: Token) => (Option.isNone(current) ? Effect.succeedNone : me)
  }
})
