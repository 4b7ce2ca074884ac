/**
 * Whom the relay of the command line lets in. That has to be chosen: none of the ways is right for
 * most.
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { TokensFileAuth } from "../../relay/auth/TokensFileAuth.ts"
import type { TokensFileError } from "../../relay/auth/TokensFile.ts"
import { RelayAuth } from "../../relay/RelayAuth.ts"
import { UsageError } from "../CommandFailure.ts"
import { toDuration } from "../Setting.ts"
import type { authKinds } from "./authSettings.ts"

/** What the command was told of authentication. */
export interface AuthValues {
  readonly auth: (typeof authKinds)[number] | undefined
  readonly tokensFile: string | undefined
  readonly sanityApiHost: string | undefined
  readonly sanityProjects: ReadonlyArray<string> | undefined
  readonly sanityCanvases: ReadonlyArray<string> | undefined
  readonly tokenTimeToLive: number | undefined
}

const unchosen =
  "Say who may enter: --auth development (anyone as anyone, for your own machine), --auth tokens --tokens-file <path> (who has a token of a file), or --auth sanity (members of the project)."

/** A setting of one kind of authentication, given to another one. */
const misplaced = ({
  auth,
  sanityApiHost,
  sanityCanvases,
  sanityProjects,
  tokensFile,
  tokenTimeToLive
}: AuthValues): string | undefined => {
  if (auth !== "tokens" && tokensFile !== undefined) return "--tokens-file belongs to --auth tokens"
  if (auth === "development" && tokenTimeToLive !== undefined) {
    return "--token-time-to-live belongs to --auth tokens and --auth sanity"
  }
  const sanity = sanityApiHost ?? sanityProjects ?? sanityCanvases
  return auth !== "sanity" && sanity !== undefined
    ? "--sanity-api-host, --sanity-projects and --sanity-canvases belong to --auth sanity"
    : undefined
}

/** Loaded only where it is used: it brings the client of Sanity. */
const layerSanity = ({
  sanityApiHost,
  sanityCanvases,
  sanityProjects,
  tokenTimeToLive
}: AuthValues): Layer.Layer<RelayAuth> =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("../../relay/auth/SanityAuth.ts")),
      (module) =>
        module.SanityAuth.layer({
          apiHost: sanityApiHost,
          projects: sanityProjects,
          canvases: sanityCanvases,
          timeToLive: toDuration(tokenTimeToLive)
        })
    )
  )

const fail = (message: string) => Layer.effect(RelayAuth, Effect.fail(new UsageError({ message })))

/** The authentication that was chosen. */
export const layerAuth = (
  values: AuthValues
): Layer.Layer<RelayAuth, UsageError | TokensFileError, FileSystem.FileSystem> => {
  const { auth, tokensFile, tokenTimeToLive } = values
  const wrong = misplaced(values)
  if (auth !== undefined && wrong !== undefined) {
    return fail(`${wrong}, and this is --auth ${auth}. Leave out one of them.`)
  }
  switch (auth) {
    case undefined:
      return fail(unchosen)
    case "development":
      return RelayAuth.layerDevelopment
    case "tokens":
      return tokensFile === undefined
        ? fail("--auth tokens needs the file that lists them: --tokens-file <path>.")
        : TokensFileAuth.layer(tokensFile, { timeToLive: toDuration(tokenTimeToLive) })
    case "sanity":
      return layerSanity(values)
  }
}
