/**
 * What the socket does not tell, asked of the API over HTTP: whose a token is, and why no socket
 * opens. Browsers hide the latter, and so does the WebSocket of Node.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Token } from "../Auth.ts"
import { SanityClient } from "../SanityClient.ts"
import { currentUserVersion, statusOf, underToken } from "../SanityRequest.ts"
import { type ConnectionEnd, fromHttpStatus, lost, pageRefused } from "./ConnectionEnd.ts"

/** Sent with the request. */
const tag = "users.get-current"

/**
 * - `userOf`: the id of the token's user, undefined where it can't be known.
 * - `explain`: why no socket opens: a refused token, a refused page, or a host that can't be reached.
 */
export class Inquiry extends Context.Service<
  Inquiry,
  {
    readonly userOf: (token: Token) => Effect.Effect<string | undefined>
    readonly explain: (token: Token) => Effect.Effect<ConnectionEnd>
  }
>()("effect-sanity-presence/bifur/Inquiry") {}

const decodeUser = Schema.decodeUnknownOption(Schema.Struct({ id: Schema.String }))

/** The HTTP status of a server that only speaks WebSocket at that address. */
const upgradeRequired = 426

/** The status of an answer; a redirect that is not followed has none in browsers. */
const statusOfAnswer = (response: Response): number =>
  response.type === "opaqueredirect" ? 302 : response.status

const get = (url: URL, init: RequestInit): Effect.Effect<Option.Option<Response>> =>
  Effect.option(Effect.tryPromise((signal) => fetch(url, { ...init, signal, credentials: "omit" })))

const make = Effect.gen(function* () {
  const { socketClient: client, socketUrl } = yield* SanityClient

  /** The HTTP status, 0 where no answer could be read, and the user where there is one. */
  const me = (token: Token) =>
    Effect.tryPromise({
      try: (signal): Promise<unknown> =>
        client
          .withConfig({ apiVersion: currentUserVersion, ...underToken(token) })
          .request({ url: "/users/me", tag, signal, maxRetries: 0 }),
      catch: (error) => statusOf(error) ?? 0
    }).pipe(
      Effect.match({
        onFailure: (status) => ({ status, userId: undefined }),
        onSuccess: (user) => ({
          status: 200,
          userId: Option.getOrUndefined(decodeUser(user))?.id
        })
      })
    )

  const explain = Effect.fnUntraced(function* (token: Token) {
    const url = new URL(socketUrl)
    url.protocol = url.protocol === "ws:" ? "http:" : "https:"
    const { host } = url
    const unreachable = lost(`${host} could not be reached`)
    const hasToken = Option.isSome(token)
    const { status } = yield* me(token)
    if (status === 401 && hasToken) return fromHttpStatus(host, status, hasToken)

    if (status > 0) {
      const answer = yield* get(url, { redirect: "manual" })
      // Where the address of the socket is closed to pages, its answer is not known.
      const answered = Option.isSome(answer) ? statusOfAnswer(answer.value) : 200
      // That is what it says to whoever asks without a WebSocket: it is there again.
      if (answered === upgradeRequired) return unreachable
      // Where the API takes the token, it is not what is refused here.
      return fromHttpStatus(host, answered, hasToken && status !== 200)
    }

    // An answer that a page may not read still says that the host can be reached.
    const isPage = typeof location !== "undefined"
    if (!isPage || Option.isNone(yield* get(url, { mode: "no-cors" }))) return unreachable
    return pageRefused(host, location.origin)
  })

  return Inquiry.of({
    userOf: (token) => Effect.map(me(token), ({ userId }) => userId),
    explain
  })
})

/** Asks the API of the client's project. */
export const layer: Layer.Layer<Inquiry, never, SanityClient> = Layer.effect(Inquiry, make)

/**
 * Whether two tokens are of different users, `timeout` at most. Unknown is taken for the same: most
 * tokens change because the old one expires. Remembers the last user that it knew.
 */
export const comparison = (inquiry: Inquiry["Service"], timeout: Duration.Duration) => {
  let known: { readonly token: Token; readonly userId: string } | undefined
  const userOf = Effect.fnUntraced(function* (token: Token) {
    if (known !== undefined && Equal.equals(known.token, token)) return known.userId
    const userId = yield* inquiry.userOf(token)
    if (userId !== undefined) known = { token, userId }
    return userId
  })
  return (before: Token, after: Token): Effect.Effect<boolean> =>
    Effect.all([userOf(before), userOf(after)]).pipe(
      Effect.map(([a, b]) => a !== undefined && b !== undefined && a !== b),
      Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.succeed(false) })
    )
}
