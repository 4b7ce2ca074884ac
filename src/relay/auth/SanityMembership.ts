/**
 * Asks Sanity who a token belongs to, and whether they belong where they want to go.
 *
 * What is known of Sanity's API, and how it is used:
 *
 * - `GET /users/me` on a project's host answers with the user as that project knows them, their
 *   `roles` included; ids that start with `p` exist in a project only. `id`, `name`,
 *   `profileImage` and `roles` are what Studio and the App SDK read.
 * - A token whose user is no member of the project is answered with 401 and the error type
 *   `projectUserNotFoundError` on the project's host; the App SDK tells the two kinds of 401 apart by it.
 * - `GET /projects/<id>` is documented: all requests are authenticated, and the answer lists the
 *   `members`, the caller with `isCurrentUser`. What a stranger is answered is not documented.
 * - `GET /canvases/<id>` on the global host is what the App SDK asks before it shows a canvas.
 *
 * So a `p…` user with a role is a member after one request to the project's host. Anyone else has to
 * be listed by `GET /projects/<id>`, and everyone where projects have no hosts of their own: a header
 * names the project there, and who overlooks it answers about another one. Where neither says so, the
 * token is refused: a doubt opens nothing.
 */
import type { ClientConfig, SanityClient as Client } from "@sanity/client"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { statusOf } from "../../SanityRequest.ts"
import { UserId } from "../../Session.ts"
import type { AuthScope } from "../RelayAuth.ts"
import { AuthUnavailable, TokenRefused } from "./AuthError.ts"
import type { RelayUser } from "./RelayUser.ts"

/** The API version of `/canvases/<id>`, that of the presence socket. */
const canvasVersion = "2022-06-30"

/** Sanity's API, where each project has a host of its own. */
export const sanityApi = "https://api.sanity.io"

/** Whether an address is that of Sanity's API, however it is written. */
export const isSanityApi = (apiHost: string): boolean =>
  URL.canParse(apiHost) && new URL(apiHost).origin === sanityApi

/** Sent with every request, so that they can be told apart in Sanity's logs. */
const tag = "presence.relay"

const OptionalText = Schema.optional(Schema.NullOr(Schema.String))

const decodeMe = Schema.decodeUnknownOption(
  Schema.Struct({
    id: UserId.check(Schema.isNonEmpty()),
    name: OptionalText,
    displayName: OptionalText,
    email: OptionalText,
    profileImage: OptionalText,
    imageUrl: OptionalText,
    roles: Schema.optional(Schema.Array(Schema.Struct({ name: Schema.String })))
  })
)
const isObject = Schema.is(Schema.Record(Schema.String, Schema.Unknown))
const decodeProject = Schema.decodeUnknownOption(
  Schema.Struct({
    members: Schema.Array(
      Schema.Struct({ id: Schema.String, isCurrentUser: Schema.optional(Schema.Boolean) })
    )
  })
)
const decodeCanvas = Schema.decodeUnknownOption(Schema.Struct({ id: Schema.String }))
const isStrangerToProject = Schema.is(
  Schema.Struct({
    response: Schema.Struct({
      body: Schema.Struct({
        error: Schema.Struct({ type: Schema.Literal("projectUserNotFoundError") })
      })
    })
  })
)

/** What an error of the client means. Nothing of it is kept: it holds the request. */
const toAuthError = (error: unknown): TokenRefused | AuthUnavailable => {
  const status = statusOf(error)
  switch (status) {
    case undefined:
      return new AuthUnavailable({ reason: "unreachable" })
    case 401:
      return new TokenRefused({
        reason: isStrangerToProject(error) ? "not-a-member" : "unauthorized"
      })
    case 403:
    case 404:
      return new TokenRefused({ reason: "not-a-member" })
    case 429:
      return new AuthUnavailable({ reason: "rate-limited", status })
    default:
      return new AuthUnavailable({ reason: "failed", status })
  }
}

type AuthError = TokenRefused | AuthUnavailable

type Me = Option.Option.Value<ReturnType<typeof decodeMe>>

const notAMember = new TokenRefused({ reason: "not-a-member" })
const noSense = new AuthUnavailable({ reason: "failed" })

const toUser = (me: Me): RelayUser => {
  const imageUrl = me.profileImage ?? me.imageUrl
  return {
    id: me.id,
    displayName: (me.name ?? me.displayName)?.trim() || me.id,
    ...(me.email == null ? {} : { email: me.email }),
    ...(imageUrl == null ? {} : { imageUrl })
  }
}

/**
 * The question to Sanity, asked anew at every call. `client` is for Sanity's API, with neither a
 * project nor a token; `useProjectHostname` says whether a project has a host of its own there. The
 * ids in the scope have been found well-formed before: they become parts of URLs.
 */
export const makeMembership = (client: Client, useProjectHostname: boolean) => {
  const get = (config: ClientConfig, token: Redacted.Redacted, url: string) =>
    Effect.tryPromise({
      try: (signal): Promise<unknown> =>
        client
          .withConfig({ ...config, token: Redacted.value(token), ignoreBrowserTokenWarning: true })
          .request({ url, tag, signal }),
      catch: toAuthError
    })

  const whose = (config: ClientConfig, token: Redacted.Redacted): Effect.Effect<Me, AuthError> =>
    Effect.flatMap(get(config, token, "/users/me"), (answer) =>
      Option.match(decodeMe(answer), {
        onSome: Effect.succeed,
        // Some versions of the API answer a token that they don't know with an empty object.
        onNone: () =>
          Effect.fail(
            isObject(answer) && !("id" in answer)
              ? new TokenRefused({ reason: "unauthorized" })
              : noSense
          )
      })
    )

  const inProject = Effect.fnUntraced(function* (token: Redacted.Redacted, projectId: string) {
    const config = { projectId, useProjectHostname }
    const me = yield* whose(config, token)
    const isKnownHere = me.id.startsWith("p") && (me.roles?.length ?? 0) > 0
    if (useProjectHostname && isKnownHere) return toUser(me)
    const answer = yield* get(config, token, `/projects/${projectId}`)
    const project = yield* Option.match(decodeProject(answer), {
      onSome: Effect.succeed,
      onNone: () => Effect.fail(notAMember)
    })
    const isMember = project.members.some(
      ({ id, isCurrentUser }) => isCurrentUser === true || id === me.id
    )
    return isMember ? toUser(me) : yield* notAMember
  })

  const inCanvas = Effect.fnUntraced(function* (token: Redacted.Redacted, canvas: string) {
    const global = { useProjectHostname: false }
    const me = yield* whose(global, token)
    const answer = yield* get(
      { ...global, apiVersion: canvasVersion },
      token,
      `/canvases/${canvas}`
    )
    return Option.isSome(decodeCanvas(answer)) ? toUser(me) : yield* notAMember
  })

  return (token: Redacted.Redacted, scope: AuthScope): Effect.Effect<RelayUser, AuthError> =>
    scope._tag === "Canvas" ? inCanvas(token, scope.canvas) : inProject(token, scope.project)
}
