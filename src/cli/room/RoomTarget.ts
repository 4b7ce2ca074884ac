/**
 * The room that the flags and the variables mean, with the token for it.
 */
import { userInfo } from "node:os"
import * as Prompt from "effect/cli/Prompt"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Terminal from "effect/Terminal"
import { resolveOptions } from "../../relay/RelayOptions.ts"
import type { SanityClientOptions } from "../../SanityClient.ts"
import { UsageError } from "../CommandFailure.ts"
import { exitCodeOf } from "../interrupted.ts"
import { readSecretFile } from "../Secret.ts"
import { type RoomValues, tokenFileVariable, tokenVariable } from "./roomSettings.ts"

/**
 * - `options`: where the room is.
 * - `token`: as whom; none where nobody gave one.
 * - `isInvented`: the token is a name that only a relay for development takes.
 * - `inClear`: a host to which the token goes without TLS, over a network; none where it is a name.
 * - `relayProject`: the project that was named for a relay, which may take the connection for another one.
 * - `name`: the room, for people.
 * - `note`: what was assumed, if anything.
 */
export interface RoomTarget {
  readonly options: SanityClientOptions
  readonly token: Option.Option<Redacted.Redacted<string>>
  readonly isInvented: boolean
  readonly inClear: string | undefined
  readonly relayProject: string | undefined
  readonly name: string
  readonly note: string | undefined
}

const local = resolveOptions({})
const localHost = `http://127.0.0.1:${local.port}`
const defaultDataset = "production"

/** A user id that a relay for development lets in: the name of who is logged in here. */
export const developmentName = (login: string): string => {
  const word = login
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 40)
  return `p-${word === "" ? "somebody" : word}`
}

const login = Effect.orElseSucceed(
  Effect.try(() => userInfo().username),
  () => ""
)

const isLoopback = (host: string): boolean =>
  /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(host).hostname)

/** Whether whoever stands on the way there reads what is sent. */
export const isInClear = (host: string): boolean => /^http:/i.test(host) && !isLoopback(host)

/** The token of the variable, unless there is a file: the flag wins, two variables contradict each other. */
const readToken = Effect.fnUntraced(function* (file: RoomValues["tokenFile"]) {
  if (file?.isGiven === true) return Option.some(yield* readSecretFile("token-file", file.path))
  const variable = yield* Config.option(Config.Redacted(tokenVariable)).pipe(
    Effect.mapError(({ message }) => new UsageError({ message })),
    Effect.map(Option.filter((token) => Redacted.value(token).trim() !== ""))
  )
  if (file === undefined) return variable
  if (Option.isSome(variable)) {
    return yield* new UsageError({
      message: `There are both ${tokenVariable} and ${tokenFileVariable}. Set one.`
    })
  }
  return Option.some(yield* readSecretFile("token-file", file.path))
})

/** Shown on stderr: stdout is for what was asked for. Who does not answer has interrupted the command. */
const askAtTerminal = Effect.gen(function* () {
  const terminal = yield* Terminal.Terminal
  return yield* Prompt.run(
    Prompt.Password({ message: `Token (it is not shown; or set ${tokenVariable})` })
  ).pipe(
    Effect.provideService(
      Terminal.Terminal,
      Terminal.make({
        ...terminal,
        display: (text) => Effect.sync(() => void process.stderr.write(text))
      })
    ),
    Effect.catchTag("QuitError", () =>
      Effect.andThen(
        Effect.sync(() => {
          process.stderr.write("\n")
          process.exitCode = exitCodeOf("SIGINT")
        }),
        Effect.interrupt
      )
    )
  )
})

/** Asks for the token where somebody sits at a terminal. */
const askForToken = Effect.gen(function* () {
  if (process.stdin.isTTY && process.stderr.isTTY) {
    const token = yield* askAtTerminal
    if (Redacted.value(token) !== "") return Option.some(token)
  }
  return yield* new UsageError({
    message: `There is no token. Set ${tokenVariable}, or give --token-file; a token is made on sanity.io/manage, under API.`
  })
})

/** Without a project it is the relay's own, which has a name that is not known here. */
const nameOf = ({ apiHost, canvasId, dataset, projectId, socketHost }: SanityClientOptions) => {
  const ofDataset = projectId === undefined ? `${dataset}` : `${projectId}/${dataset}`
  const room = canvasId === undefined ? ofDataset : `canvas ${canvasId}`
  const host = socketHost ?? apiHost
  return host === undefined ? room : `${room} on ${host}`
}

/** Reads the token, and fills in what nobody said: without a project, the relay of this machine. */
export const resolveTarget = Effect.fnUntraced(function* (values: RoomValues) {
  const { canvasId, projectId, socketHost } = values
  const namesNone = projectId === undefined && canvasId === undefined
  const isLocal = namesNone && values.apiHost === undefined && socketHost === undefined
  const apiHost = isLocal ? localHost : values.apiHost
  // A relay has a project of its own for those who name none.
  const isRelay = apiHost !== undefined
  if (namesNone && !isRelay) {
    return yield* new UsageError({
      message: "There is no project. Give --project (SANITY_PROJECT_ID), and --dataset."
    })
  }
  const dataset = values.dataset ?? (isRelay ? defaultDataset : undefined)
  if (canvasId === undefined && dataset === undefined) {
    return yield* new UsageError({
      message: 'There is no dataset. Give --dataset (SANITY_DATASET), "production" for instance.'
    })
  }
  if (canvasId !== undefined && projectId !== undefined) {
    return yield* new UsageError({
      message: "There are both a canvas and a project: a canvas is a room of its own. Give one."
    })
  }
  const options: SanityClientOptions =
    canvasId === undefined
      ? { projectId: projectId ?? local.project, dataset, apiHost, socketHost }
      : { canvasId, apiHost, socketHost }

  // A token of Sanity is not for whatever listens here: only one that is given for it.
  const isWithheld = isLocal && values.tokenFile?.isGiven !== true
  const given = isWithheld ? Option.none() : yield* readToken(values.tokenFile)
  const isInvented = Option.isNone(given) && isRelay && isLoopback(apiHost)
  const name = developmentName(yield* login)
  const token = Option.isSome(given)
    ? given
    : isInvented
      ? Option.some(Redacted.make(name))
      : yield* askForToken
  const inClear = isInvented
    ? undefined
    : [apiHost, socketHost].find((host) => host !== undefined && isInClear(host))
  const target: RoomTarget = {
    options,
    token,
    isInvented,
    inClear,
    relayProject: apiHost === undefined && socketHost === undefined ? undefined : projectId,
    name: nameOf({ ...options, projectId }),
    note: isLocal
      ? `No project is given: this is the relay of this machine, ${localHost}, ${isInvented ? `as ${name}` : "with the token of --token-file"}. For a project of Sanity set SANITY_PROJECT_ID, SANITY_DATASET and ${tokenVariable}.`
      : isInvented
        ? `No token is given: joining as ${name}, which a relay for development takes.`
        : inClear === undefined
          ? undefined
          : `The token goes to ${inClear} without TLS: whoever is on the way can read it. Use https://.`
  }
  return target
})
