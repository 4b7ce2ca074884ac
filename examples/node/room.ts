/**
 * Where the examples meet: the room of `SANITY_PROJECT_ID`, `SANITY_DATASET` and `SANITY_AUTH_TOKEN`
 * where those are set, else a relay that is started for them, with a colleague who is in one document
 * after the other.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import {
  Auth,
  AuthConfig,
  BifurTransport,
  Presence,
  SanityClient,
  type SanityClientOptions
} from "../../src/index.ts"
import { Relay, RelayAuth } from "../../src/relay/index.ts"

const documents = ["book", "author", "page"] as const

/** Opens one document after the other. */
const wander = Effect.gen(function* () {
  const presence = yield* Presence
  for (let visit = 0; ; visit++) {
    yield* presence.report([{ documentId: documents[visit % 3] ?? "book", path: ["title"] }])
    yield* Effect.sleep("2 seconds")
  }
})

/** Somebody else in a room of the relay. */
export const layerColleague = (room: SanityClientOptions) =>
  Layer.effectDiscard(Effect.forkScoped(wander)).pipe(
    Layer.provide(Presence.layer),
    Layer.provide(BifurTransport.layer),
    Layer.provide(Auth.layerToken("p-grace-hopper")),
    Layer.provide(SanityClient.layer(room)),
    Layer.fresh
  )

const projectOfSanity = Config.all({
  projectId: Config.option(Config.String("SANITY_PROJECT_ID")),
  dataset: Config.String("SANITY_DATASET").pipe(Config.withDefault("production"))
})

/** The room, until the scope closes; `isRelay` where it is on a relay of this process. */
export const openRoom = Effect.gen(function* () {
  const { dataset, projectId } = yield* projectOfSanity
  if (Option.isSome(projectId)) {
    return { options: { projectId: projectId.value, dataset }, isRelay: false }
  }
  const relay = yield* Layer.build(
    Relay.layer({ port: 0 }).pipe(Layer.provide(RelayAuth.layerDevelopment))
  )
  const { url } = yield* Effect.provide(
    Relay.useSync((relay) => relay),
    relay
  )
  yield* Console.log(`A relay of this example's own: ${url}`)
  const options: SanityClientOptions = { projectId: "demo", dataset, apiHost: url }
  yield* Layer.build(layerColleague(options))
  return { options, isRelay: true }
})

/** The client of the room, and the token: of a relay in development a name. */
export const layerRoom = (user: string) =>
  Layer.unwrap(
    Effect.map(openRoom, ({ isRelay, options }) =>
      Layer.mergeAll(
        SanityClient.layer(options),
        isRelay ? Auth.layerToken(user) : AuthConfig.layer()
      )
    )
  )
