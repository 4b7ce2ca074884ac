import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import {
  AuthConfig,
  BifurTransport,
  forDocument,
  Presence,
  SanityClient
} from "effect-sanity-presence"

const title = { documentId: "book", path: ["title"] }

const program = Effect.gen(function* () {
  const presence = yield* Presence
  yield* Effect.addFinalizer(() => Console.log("left"))
  yield* presence.report([title])
  yield* forDocument(presence, title).pipe(
    Stream.filter((people) => people.length > 0),
    Stream.runForEach((people) =>
      Console.log(`${people.map(({ userId }) => userId).join(", ")} in the title`)
    )
  )
}).pipe(Effect.scoped)

const client = Layer.unwrap(
  Effect.map(Config.String("API_HOST"), (apiHost) =>
    SanityClient.layer({ projectId: "demo", dataset: "production", apiHost })
  )
)
const live = Presence.layer.pipe(
  Layer.provide(BifurTransport.layer),
  Layer.provide(client),
  Layer.provide(AuthConfig.layer())
)

NodeRuntime.runMain(program.pipe(Effect.provide(live)))
