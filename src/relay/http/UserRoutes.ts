/**
 * The users endpoints: who a token belongs to, and who others are.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { currentUser, flatProfile, nestedProfile, type Provider } from "./Profiles.ts"
import { type PendingTokens, questionOf } from "../PendingTokens.ts"
import { bearerToken, type RelayAuth, type RelayUser } from "../RelayAuth.ts"
import type { RelayCounts } from "../RelayCounts.ts"
import type { HostHeaders, RequestHead } from "../SocketRequest.ts"
import type { AuthUnavailable, TokenRefused } from "../auth/AuthError.ts"
import { failure, json, notFound, type Response, withParams } from "./HttpAnswer.ts"

/** What the users endpoints need of the rest of the relay. */
export interface UserRouteServices {
  readonly auth: RelayAuth["Service"]
  readonly counts: Pick<RelayCounts, "refuse" | "undecide">
  readonly pending: PendingTokens
  /** The network that a request counts in; none where it is this machine's own. */
  readonly networkOf: (request: RequestHead) => string | undefined
  /** The project that a request is for. */
  readonly projectOf: (request: HostHeaders) => string
}

/** Users that are told of at once; clients ask for 50. */
const maxUsers = 100

const tooManyUsers = failure(
  400,
  "Bad Request",
  `These are more than ${maxUsers} users. Ask for them in several requests.`
)

const noSuchUser = (id: string): Response => notFound(`There is no user ${id}.`)

const noProfiles = notFound(
  "This relay has no profiles: they come from Sanity. Set `socketHost` to the relay, and leave `apiHost` at Sanity's."
)

/** Too many tokens of a network are being decided. */
class TooManyTokens extends Data.TaggedError("TooManyTokens") {}

const tooManyTokens = failure(
  429,
  "Too Many Requests",
  "Too many tokens of this address are being checked. Try again in a moment."
)

/** An authentication that failed, as an answer. */
const answerOf = (error: TokenRefused | AuthUnavailable): Response =>
  error._tag === "TokenRefused"
    ? failure(401, "Unauthorized", error.message)
    : failure(503, "Service Unavailable", error.message)

/** The project that a request is for. */
export const projectOfRequest = ({ projectOf }: Pick<UserRouteServices, "projectOf">) =>
  Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => {
    const { host, "x-forwarded-host": forwardedHost } = headers
    return projectOf({ headers: { host, "x-forwarded-host": forwardedHost } })
  })

/** The routes, for an `HttpRouter`. */
export const layerUserRoutes = ({
  auth,
  counts,
  networkOf,
  pending,
  projectOf
}: UserRouteServices) => {
  const directory = auth.directory ?? "members"
  const provider: Provider = directory === "public" ? "development" : "relay"

  /** The user of a request. No dataset is named here, so none is asked about. */
  const caller = Effect.gen(function* () {
    const { headers, remoteAddress } = yield* HttpServerRequest.HttpServerRequest
    const token = yield* bearerToken(headers.authorization)
    const scope = { _tag: "Project", project: yield* projectOfRequest({ projectOf }) } as const
    const network = networkOf({
      headers: { "x-forwarded-for": headers["x-forwarded-for"] },
      socket: { remoteAddress: Option.getOrUndefined(remoteAddress) }
    })
    return yield* pending.deciding(
      network,
      questionOf(headers.authorization, scope),
      auth.authenticate(token, scope),
      () => new TooManyTokens()
    )
  })

  /** People's names are for those who may enter, unless they are invented. */
  const guarded = <R>(answer: Effect.Effect<Response, never, R>) => {
    switch (directory) {
      case "public":
        return answer
      case "members":
        return Effect.andThen(caller, answer)
      case "none":
        return Effect.succeed(noProfiles)
    }
  }

  const me = Effect.map(caller, (user) => json(currentUser(user, provider)))

  /** One user as an object, several (separated by commas) as an array; each once, unknown ones left out. */
  const users = Effect.fnUntraced(function* (list: string) {
    const ids = new Set(list.split(","))
    if (ids.size > maxUsers) {
      counts.refuse("requests")
      return tooManyUsers
    }
    const known = (yield* Effect.forEach(ids, auth.profile)).flatMap(Option.toArray)
    if (list.includes(",")) return json(known.map((user) => flatProfile(user, provider)))
    const [user] = known
    return user === undefined ? noSuchUser(list) : json(flatProfile(user, provider))
  })

  const member = (id: string, toAnswer: (user: RelayUser) => Response) =>
    Effect.map(auth.profile(id), Option.match({ onNone: () => noSuchUser(id), onSome: toAnswer }))

  const orRefusal = Effect.catchTags({
    TokenRefused: (error: TokenRefused) => Effect.succeed(answerOf(error)),
    TooManyTokens: () =>
      Effect.sync(() => {
        counts.refuse("requests")
        return tooManyTokens
      }),
    AuthUnavailable: (error: AuthUnavailable) =>
      Effect.sync(() => {
        counts.undecide(error.reason)
        return answerOf(error)
      })
  })

  return Layer.mergeAll(
    HttpRouter.add("GET", "/v:version/users/me", orRefusal(me)),
    HttpRouter.add(
      "GET",
      "/v:version/users/:ids",
      withParams(({ ids = "" }) => orRefusal(guarded(users(ids))))
    ),
    ...(["project", "organization"] as const).map((type) =>
      HttpRouter.add(
        "GET",
        `/v:version/access/${type}/:resource/users/:id`,
        withParams(({ id = "", resource = "" }) =>
          orRefusal(
            guarded(member(id, (user) => json(nestedProfile(user, provider, type, resource))))
          )
        )
      )
    )
  )
}
