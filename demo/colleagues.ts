/**
 * Simulated colleagues: ordinary clients on real sockets, who wander through the documents at a
 * human pace.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import {
  Auth,
  BifurTransport,
  Presence,
  type PresenceError,
  SanityClient,
  type SanityClientOptions
} from "../src/index.ts"
import { type Document, otherDocuments, testDocument } from "./documents.ts"
import { colleagueIds } from "./people.ts"

/** How often a move leads to a document chosen anew, and how often that is the test document. */
const leaveDocument = 0.2
const chooseTestDocument = 0.7

/** How often someone stops to think, and for how long, in milliseconds. */
const pauseChance = 0.12
const pauseMin = 8000
const pauseMax = 14_000

/** How long someone stays in a field otherwise, in milliseconds. */
const stayMin = 2000
const stayMax = 6000

const chance = (probability: number): Effect.Effect<boolean> =>
  Effect.map(Random.next, (value) => value < probability)

const chooseDocument = Effect.gen(function* () {
  return (yield* chance(chooseTestDocument)) ? testDocument : yield* Random.choice(otherDocuments)
})

const stay = Effect.gen(function* () {
  const isPause = yield* chance(pauseChance)
  const duration = isPause
    ? yield* Random.nextBetween(pauseMin, pauseMax)
    : yield* Random.nextBetween(stayMin, stayMax)
  yield* Effect.sleep(duration)
})

const wander = Effect.gen(function* () {
  const presence = yield* Presence
  let document: Document = yield* chooseDocument
  while (true) {
    const { path } = yield* Random.choice(document.fields)
    yield* presence.report([{ documentId: document.id, path }])
    yield* stay
    if (yield* chance(leaveDocument)) document = yield* chooseDocument
  }
})

const layerColleague = (
  userId: string,
  room: SanityClientOptions
): Layer.Layer<never, PresenceError> => {
  const presence = Presence.layer.pipe(
    Layer.provide(BifurTransport.layer),
    Layer.provide(SanityClient.layer(room)),
    Layer.provide(Auth.layerToken(userId)),
    // A layer is built once in one program: without this, all three would be the same person.
    Layer.fresh
  )
  return Layer.effectDiscard(Effect.forkScoped(wander)).pipe(Layer.provide(presence))
}

/** Everyone in `colleagueIds`, in this room. They leave it when the layer's scope closes. */
export const layerColleagues = (room: SanityClientOptions): Layer.Layer<never, PresenceError> => {
  const [grace, alan, katherine] = colleagueIds
  return Layer.mergeAll(
    layerColleague(grace, room),
    layerColleague(alan, room),
    layerColleague(katherine, room)
  )
}
