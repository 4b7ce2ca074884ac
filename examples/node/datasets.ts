/**
 * Several datasets from one process: `npm run example:datasets`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  Auth,
  AuthConfig,
  PresenceMap,
  PresenceState,
  type SanityClientOptions
} from "../../src/index.ts"
import { layerColleague, openRoom } from "./room.ts"

const datasets = ["production", "staging", "archive"] as const

/** Who is in one of them. */
const look = (projectId: string, dataset: string) =>
  Effect.gen(function* () {
    const rooms = yield* PresenceMap
    const presence = yield* rooms.in({ type: "dataset", projectId, dataset })
    yield* presence.ready
    const people = PresenceState.toArray(yield* SubscriptionRef.get(presence.state))
    yield* Console.log(`${dataset}: ${people.map(({ userId }) => userId).join(", ") || "nobody"}`)
  })

const program = Effect.gen(function* () {
  const { isRelay, options } = yield* openRoom
  const { apiHost, projectId = "demo" }: SanityClientOptions = options
  // Somebody is in staging, too.
  if (isRelay) yield* Layer.build(layerColleague({ ...options, dataset: "staging" }))
  yield* Effect.forEach(datasets, (dataset) => look(projectId, dataset), {
    concurrency: "unbounded"
  }).pipe(
    // Until here the connections stay open; a room that is asked for again meanwhile is the same one.
    Effect.scoped,
    Effect.provide(PresenceMap.layer({ apiHost })),
    Effect.provide(isRelay ? Auth.layerToken("p-reporter") : AuthConfig.layer())
  )
})

program.pipe(Effect.scoped, NodeRuntime.runMain)
