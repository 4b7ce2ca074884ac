/**
 * Which room a command is about, and as whom: the flags and the variables.
 */
import type * as Command from "effect/cli/Command"
import * as Result from "effect/Result"
import { flagsOf, parsePath, pathFlag, seconds, setting, text, url } from "../Setting.ts"

/** The variable with the token. */
export const tokenVariable = "SANITY_AUTH_TOKEN"

/** The variable with the path of a file that has it. */
export const tokenFileVariable = "SANITY_AUTH_TOKEN_FILE"

const rooms = {
  projectId: setting(
    {
      name: "project",
      env: "SANITY_PROJECT_ID",
      values: "id",
      default: "the local relay's",
      description: "The id of the project"
    },
    (value) =>
      /^[a-z0-9-]+$/i.test(value)
        ? Result.succeed(value)
        : Result.fail("Expected letters, digits and dashes, as sanity.io/manage shows it")
  ),
  dataset: text({
    name: "dataset",
    env: "SANITY_DATASET",
    default: "production, on a relay",
    description: "The dataset whose room it is"
  }),
  canvasId: text({
    name: "canvas",
    env: "SANITY_CANVAS_ID",
    default: "none",
    description: "The id of a canvas, instead of a project and a dataset"
  }),
  apiHost: url({
    name: "api-host",
    env: "SANITY_API_HOST",
    default: "https://api.sanity.io",
    description: "Where the API is: a relay, for instance"
  }),
  socketHost: url({
    name: "socket-host",
    env: "SANITY_SOCKET_HOST",
    default: "that of the API",
    description: "Where the socket is, if not at the API: a relay beside Sanity's API"
  })
}

/** The file with the token; `isGiven` where a flag says it, and no variable that is meant for Sanity. */
const tokenFile = setting(
  {
    name: "token-file",
    values: "path",
    env: tokenFileVariable,
    default: "none",
    description: `The file with the token, where the variable ${tokenVariable} does not hold it`
  },
  (value, env) => Result.map(parsePath(value), (path) => ({ path, isGiven: env === undefined })),
  { flag: pathFlag }
)

/** Seconds, where nothing is said. */
export const defaultTimeout = 10

const timeout = seconds({
  name: "timeout",
  env: "SANITY_PRESENCE_TIMEOUT",
  default: defaultTimeout,
  min: 0.1,
  max: 3_600,
  description: "How long the first connection may take"
})

/** The flags of every command that joins a room. */
export const roomFlags = { ...flagsOf(rooms), tokenFile: tokenFile.flag, timeout: timeout.flag }

/** What the flags and the variables say. */
export type RoomValues = Command.Command.Config.Infer<typeof roomFlags>
