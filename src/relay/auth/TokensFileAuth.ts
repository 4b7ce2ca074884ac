/**
 * Authentication by a file that lists the tokens and their users.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { type AuthScope, RelayAuth } from "../RelayAuth.ts"
import { refusalOf, refuse, sha256 } from "./Admission.ts"
import { TokenRefused } from "./AuthError.ts"
import {
  type FileVersion,
  readTokens,
  type Tokens,
  type TokensFileError,
  versionOf
} from "./TokensFile.ts"

/**
 * How a tokens file is followed.
 *
 * @example
 * const options: TokensFileOptions = { timeToLive: "30 seconds" }
 */
export interface TokensFileOptions {
  /**
   * Within what time a token that was taken out of the file, or has expired, is refused on
   * connections that are open. 60 s by default.
   */
  readonly timeToLive?: Duration.Input | undefined
  /** How often to look whether the file has changed. 5 s by default, half the `timeToLive` at most. */
  readonly pollInterval?: Duration.Input | undefined
}

const warnIfPublic = (
  path: string,
  { isPublic }: FileVersion,
  { isSecret }: Tokens
): Effect.Effect<void> =>
  isPublic && isSecret
    ? Effect.logWarning(
        `Every user of this machine may read the tokens file ${path}: chmod o-r it, or list sha256 instead of token.`
      )
    : Effect.void

/** The tokens by now: those of the file when it was last understood. */
const follow = Effect.fnUntraced(function* (path: string, pollInterval: Duration.Duration) {
  // The version before the content: what is written in between is read again at the next look.
  let version = yield* versionOf(path)
  let tokens: Tokens = yield* readTokens(path)
  let reported: string | undefined
  yield* warnIfPublic(path, version, tokens)

  const look = Effect.gen(function* () {
    const current = yield* versionOf(path)
    if (current.stamp === version.stamp && reported === undefined) return
    tokens = yield* readTokens(path)
    version = current
    reported = undefined
    yield* Effect.logInfo(`Read the tokens file ${path} again: ${tokens.grants.size} tokens`)
    yield* warnIfPublic(path, current, tokens)
  }).pipe(
    Effect.catchTag("TokensFileError", ({ message }) => {
      // Once: it is looked at again and again until it is good.
      const isNew = reported !== message
      reported = message
      return isNew
        ? Effect.logError(`${message} Until then the tokens stay as they were.`)
        : Effect.void
    })
  )
  yield* Effect.sleep(pollInterval).pipe(Effect.andThen(look), Effect.forever, Effect.forkScoped)
  return () => tokens
})

const make = Effect.fnUntraced(function* (path: string, options: TokensFileOptions) {
  const timeToLive = Duration.fromInputUnsafe(options.timeToLive ?? "60 seconds")
  const pollInterval = Duration.min(
    Duration.fromInputUnsafe(options.pollInterval ?? "5 seconds"),
    Duration.times(timeToLive, 0.5)
  )
  const current = yield* Effect.annotateLogs(follow(path, pollInterval), {
    action: "relay/tokens-file"
  })

  const authenticate = Effect.fnUntraced(function* (token: Redacted.Redacted, scope: AuthScope) {
    const grant = current().grants.get(sha256(token))
    if (grant === undefined) return yield* new TokenRefused({ reason: "unknown" })
    if (grant.expiresAt <= (yield* Clock.currentTimeMillis)) {
      return yield* new TokenRefused({ reason: "expired" })
    }
    const reason = refusalOf(grant, scope)
    return reason === undefined ? grant.user : yield* refuse(reason, scope)
  })

  return RelayAuth.of({
    authenticate,
    // With the time that a change of the file may go unnoticed it makes `timeToLive` in all.
    timeToLive: Duration.subtract(timeToLive, pollInterval),
    profile: (id) => Effect.sync(() => Option.fromUndefinedOr(current().users.get(id))),
    directory: "members"
  })
})

/** A JSON file says which tokens there are, and whose. */
export const TokensFileAuth = {
  /**
   * Takes the tokens that a JSON file lists, and follows the file as it changes: a token that is
   * taken out is refused within `timeToLive`. Fails with {@link TokensFileError} where the file can't
   * be used at the start; one that can't be used later leaves the tokens as they were.
   *
   * A token stands there itself or as its SHA-256, `printf %s "$TOKEN" | sha256sum`. `projects` and
   * `canvases` limit where it is good; with either, it is good for nothing else.
   *
   * @example
   * // { "tokens": [{ "sha256": "9f86…", "user": "p-ada", "displayName": "Ada Lovelace", "projects": ["abc123"] }] }
   * Relay.layer().pipe(
   *   Layer.provide(TokensFileAuth.layer("tokens.json")),
   *   Layer.provide(NodeFileSystem.layer)
   * )
   */
  layer: (
    path: string,
    options: TokensFileOptions = {}
  ): Layer.Layer<RelayAuth, TokensFileError, FileSystem.FileSystem> =>
    Layer.effect(RelayAuth, make(path, options))
}
