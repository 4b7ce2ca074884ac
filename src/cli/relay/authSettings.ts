/**
 * What `sanity-presence relay` can be told of authentication.
 */
import { choice, file, list, seconds, url } from "../Setting.ts"

/** The ways to authenticate. */
export const authKinds = ["development", "tokens", "sanity"] as const

export const auth = choice(
  {
    name: "auth",
    default: "none: must be given",
    description:
      "Who may enter: anyone as anyone (development), who has a token of a file (tokens), members of the project (sanity)"
  },
  authKinds
)

export const tokensFile = file({
  name: "tokens-file",
  default: "none",
  description: "The file of --auth tokens, JSON"
})

export const sanityApiHost = url({
  name: "sanity-api-host",
  default: "https://api.sanity.io",
  description: "The API that --auth sanity asks"
})

export const authLists = {
  sanityProjects: list({
    name: "sanity-projects",
    default: "all",
    description: "The projects that --auth sanity serves"
  }),
  sanityCanvases: list({
    name: "sanity-canvases",
    default: "all, or none with projects",
    description: "The canvases that --auth sanity serves"
  })
}

export const authTimes = {
  tokenTimeToLive: seconds({
    name: "token-time-to-live",
    default: 60,
    min: 1,
    max: 3_600,
    description: "Within what time a token that was revoked is refused, on open connections too"
  })
}
