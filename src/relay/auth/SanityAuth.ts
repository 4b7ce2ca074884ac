/**
 * Authentication by Sanity: its tokens, its members.
 */
import { createClient } from "@sanity/client"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
import { currentUserVersion } from "../../SanityRequest.ts"
import { type AuthScope, RelayAuth } from "../RelayAuth.ts"
import { type Admission, refusalOf, refuse, sha256 } from "./Admission.ts"
import { makeAnswers } from "./Answers.ts"
import { AuthUnavailable, type TokenRefused } from "./AuthError.ts"
import { isSanityApi, makeMembership, sanityApi } from "./SanityMembership.ts"
import { makeUnavailableLog } from "./UnavailableLog.ts"

/**
 * How Sanity is asked. `projects` and `canvases` limit what the relay serves; without either, it
 * serves every project and canvas of Sanity to those who belong there.
 */
export interface SanityAuthOptions extends Admission {
  /** `https://api.sanity.io` unless set. */
  readonly apiHost?: string | undefined
  /** Whether each project has a host of its own. It has at Sanity, and has not where `apiHost` is another. */
  readonly useProjectHostname?: boolean | undefined
  /**
   * Within what time a token that was revoked, or whose user has left, is refused on connections
   * that are open. 60 s by default. Sanity is asked twice in that time for a token in use.
   */
  readonly timeToLive?: Duration.Input | undefined
  /** For how long a refusal is remembered. 10 s by default, so that a loop of bad tokens stays here. */
  readonly refusalTimeToLive?: Duration.Input | undefined
  /** How many answers, and how many refusals, are remembered. 10,000 of each by default. */
  readonly capacity?: number | undefined
  /** How long Sanity has for an answer, waiting for `maxRequests` included. 10 s by default. */
  readonly requestTimeout?: Duration.Input | undefined
  /** How many tokens are asked about at the same time; others wait. 50 by default. */
  readonly maxRequests?: number | undefined
}

/** The longest token that is passed on, in characters; Sanity's have about 200. */
const maxTokenLength = 4096

const visible = /^[\x21-\x7e]+$/

/** The caller writes the project into the Host header and it becomes part of a URL. */
const projectId = /^[a-z0-9][a-z0-9-]{0,62}$/

const canvasId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Why Sanity need not be asked; undefined where it has to be. */
const refusedOutright = (
  admission: Admission,
  token: Redacted.Redacted,
  scope: AuthScope
): TokenRefused["reason"] | undefined => {
  const { length } = Redacted.value(token)
  // What no header can carry is no token, and must not look like trouble with the network.
  if (length > maxTokenLength || !visible.test(Redacted.value(token))) return "unauthorized"
  if (scope._tag === "Canvas") {
    return canvasId.test(scope.canvas) ? refusalOf(admission, scope) : "wrong-canvas"
  }
  return projectId.test(scope.project) ? refusalOf(admission, scope) : "wrong-project"
}

/** What a scope comes down to for Sanity: datasets have no members of their own. */
const resourceOf = (scope: AuthScope): string =>
  scope._tag === "Canvas" ? `canvas ${scope.canvas}` : `project ${scope.project}`

/** The API's host, for people to read; a URL may hold a password. */
const hostOf = (apiHost: string): string =>
  URL.canParse(apiHost) ? new URL(apiHost).host : "Sanity's API"

const make = Effect.fnUntraced(function* (options: SanityAuthOptions) {
  const { apiHost = sanityApi, useProjectHostname = isSanityApi(apiHost) } = options
  const requestTimeout = Duration.fromInputUnsafe(options.requestTimeout ?? "10 seconds")
  // An answer is as old as this when it is given, at most, and is relied on for as long again.
  const timeToLive = Duration.times(
    Duration.fromInputUnsafe(options.timeToLive ?? "60 seconds"),
    0.5
  )
  const client = createClient({
    apiVersion: currentUserVersion,
    useCdn: false,
    useProjectHostname: false,
    // Clients come back by themselves, and a retry would outlast their patience.
    maxRetries: 0,
    apiHost
  })
  const requests = yield* Semaphore.make(options.maxRequests ?? 50)
  const noteUnavailable = yield* makeUnavailableLog(hostOf(apiHost))
  const ask = makeMembership(client, useProjectHostname)
  const remember = yield* makeAnswers({
    capacity: options.capacity ?? 10_000,
    timeToLive,
    refusalTimeToLive: Duration.fromInputUnsafe(options.refusalTimeToLive ?? "10 seconds")
  })

  const question = (token: Redacted.Redacted, scope: AuthScope) =>
    ask(token, scope).pipe(
      requests.withPermits(1),
      Effect.timeoutOrElse({
        duration: requestTimeout,
        orElse: () => Effect.fail(new AuthUnavailable({ reason: "timeout" }))
      }),
      Effect.tapErrorTag("AuthUnavailable", (error) => Effect.sync(() => noteUnavailable(error)))
    )

  return RelayAuth.of({
    authenticate: (token, scope) => {
      const reason = refusedOutright(options, token, scope)
      return reason === undefined
        ? remember(`${sha256(token)} ${resourceOf(scope)}`, question(token, scope))
        : Effect.fail(refuse(reason, scope))
    },
    timeToLive,
    profile: () => Effect.succeedNone,
    directory: "none"
  })
})

/**
 * Lets in whoever Sanity knows as a member: of the project for the rooms of its datasets, of the
 * canvas for its room. Whether they may read a certain dataset is not asked.
 *
 * The user's own token is shown to Sanity, in one or two requests, and to nobody else. Answers are
 * remembered by the token's SHA-256. Where Sanity can't be reached, or fails, nobody is refused: it is
 * `AuthUnavailable`, and clients try again.
 *
 * @example
 * Relay.layer({ host: "0.0.0.0" }).pipe(Layer.provide(layerSanity({ projects: ["abc123"] })))
 */
export const layerSanity = (options: SanityAuthOptions = {}): Layer.Layer<RelayAuth> =>
  Layer.effect(RelayAuth, make(options))
