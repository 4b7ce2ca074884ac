/**
 * What the environment asks for.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { DemoError } from "./DemoError.ts"

/** A room of the hosted service, or of what `apiHost` puts in its place. */
export interface HostedRoom {
  readonly projectId: string
  readonly dataset: string
  readonly token: Redacted.Redacted
  readonly apiHost: string | undefined
}

/** Without a `hosted` room, the demo runs its own relay. */
export interface Settings {
  readonly pagePort: number
  readonly relayPort: number
  readonly hosted: HostedRoom | undefined
}

const port = (name: string, defaultPort: number): Effect.Effect<number, DemoError> =>
  Config.Port(name).pipe(
    Config.withDefault(defaultPort),
    Effect.mapError(
      () => new DemoError({ message: `${name} is no port. Set a whole number from 0 to 65535.` })
    )
  )

/** An empty variable counts as none: that is how shells unset one for a single command. */
const text = (name: string): Effect.Effect<string, DemoError> =>
  Config.String(name).pipe(
    Config.withDefault(""),
    Effect.mapError(() => new DemoError({ message: `${name} can't be read.` }))
  )

const names = (all: ReadonlyArray<string>): string => new Intl.ListFormat("en-GB").format(all)

const hostedRoom = Effect.gen(function* () {
  const projectId = yield* text("SANITY_PROJECT_ID")
  const dataset = yield* text("SANITY_DATASET")
  const token = yield* text("SANITY_AUTH_TOKEN")
  const apiHost = yield* text("SANITY_API_HOST")
  const required = Object.entries({
    SANITY_PROJECT_ID: projectId,
    SANITY_DATASET: dataset,
    SANITY_AUTH_TOKEN: token
  })
  const missing = required.flatMap(([name, value]) => (value === "" ? [name] : []))
  if (missing.length === required.length && apiHost === "") return undefined
  if (missing.length > 0) {
    return yield* new DemoError({
      message: `To join the hosted service, ${names(missing)} must be set too; to run the local relay, unset every SANITY_ variable.`
    })
  }
  if (apiHost !== "" && !/^https?:$/.test(URL.parse(apiHost)?.protocol ?? "")) {
    return yield* new DemoError({
      message: "SANITY_API_HOST is no address. Set a URL, for instance http://127.0.0.1:4000."
    })
  }
  return {
    projectId,
    dataset,
    token: Redacted.make(token),
    apiHost: apiHost === "" ? undefined : apiHost
  }
})

/** Reads the environment; a {@link DemoError} says which variable to mend. */
export const readSettings: Effect.Effect<Settings, DemoError> = Effect.gen(function* () {
  return {
    pagePort: yield* port("PORT", 5173),
    relayPort: yield* port("RELAY_PORT", 4000),
    hosted: yield* hostedRoom
  }
})
