/**
 * Runs one example: `npm run example:sdk-react`. A relay, a colleague who moves from field to
 * field, and the page. `PORT` and `RELAY_PORT` choose other ports than 5180 and 4010.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Auth, BifurTransport, Presence, SanityClient } from "../src/index.ts"
import { Relay, RelayAuth } from "../src/relay/index.ts"
import { orphaned } from "../demo/orphaned.ts"
import { names, serve } from "./page.ts"

/** In the title, in the body, in the title, … */
const layerColleague = (apiHost: string) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const presence = yield* Presence
      const move = (field: string) =>
        Effect.andThen(
          presence.report([{ documentId: "book", path: [field] }]),
          Effect.sleep("3 seconds")
        )
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(move("title"), move("body"))))
    })
  ).pipe(
    Layer.provide(Presence.layer),
    Layer.provide(BifurTransport.layer),
    Layer.provide(Auth.layerToken("p-grace-hopper")),
    Layer.provide(SanityClient.layer({ projectId: "demo", dataset: "demo", apiHost }))
  )

const program = Effect.gen(function* () {
  const name = names.find((name) => name === process.argv[2])
  if (name === undefined) {
    return yield* Effect.fail(new Error(`Say which one: node examples/run.ts ${names.join(" | ")}`))
  }
  const port = yield* Config.Port("PORT").pipe(Config.withDefault(5180))
  const relayPort = yield* Config.Port("RELAY_PORT").pipe(Config.withDefault(4010))
  yield* Layer.build(
    Relay.layer({ port: relayPort }).pipe(Layer.provide(RelayAuth.layerDevelopment))
  )
  yield* Layer.build(layerColleague(`http://127.0.0.1:${relayPort}`))
  // The App SDK puts the project into the host name; browsers resolve `demo.localhost`.
  const url = yield* serve(name, `http://localhost:${relayPort}`, port)
  yield* Console.log(`\n  ${name}: ${url}\n  Ctrl-C stops it.\n`)
  return yield* Effect.never
})

NodeRuntime.runMain(Effect.raceFirst(Effect.scoped(program), orphaned))
