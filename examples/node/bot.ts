/**
 * A bot that shows where it works while it works: `npm run example:bot`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { BifurTransport, Presence, whilePresent } from "../../src/index.ts"
import { layerRoom } from "./room.ts"

/** Where others see this bot. */
const seenAt = Effect.gen(function* () {
  const presence = yield* Presence
  const locations = (yield* SubscriptionRef.get(presence.reported)) ?? []
  const places = locations.map(({ documentId, path }) => `${documentId}#${path.join(".")}`)
  return places.length === 0 ? "nowhere" : places.join(" and ")
})

/** Translates a field; here that takes a second. */
const translate = (documentId: string, field: string) =>
  Effect.gen(function* () {
    yield* Effect.sleep("500 millis")
    yield* Console.log(`translating ${field} of ${documentId}, seen at ${yield* seenAt}`)
    yield* Effect.sleep("500 millis")
  }).pipe(whilePresent([{ documentId, path: [field] }]))

const program = Effect.gen(function* () {
  const presence = yield* Presence
  yield* presence.ready
  yield* translate("book", "title")
  // Two at a time: others see it in both.
  yield* Effect.all([translate("book", "summary"), translate("author", "bio")], {
    concurrency: "unbounded"
  })
  yield* Console.log(`done, seen ${yield* seenAt}`)
})

program.pipe(
  Effect.provide(Layer.provide(Presence.layer, BifurTransport.layer)),
  Effect.provide(layerRoom("p-translator")),
  Effect.scoped,
  NodeRuntime.runMain
)
