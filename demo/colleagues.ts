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
import { caretAnywhere, nextCaret, selectionOf } from "./body.ts"
import { bodyField, type Document, otherDocuments, testDocument } from "./documents.ts"
import { colleagueIds } from "./people.ts"
import { releasePerspective } from "./perspectives.ts"

/** How often a move leads to a document chosen anew, and how often that is the test document. */
const leaveDocument = 0.2
const chooseTestDocument = 0.7

/** How often a document is entered in the release instead of the draft. */
const releaseChance = 0.2

/** How often someone who can goes to the body, and how many words they stay there. */
const bodyChance = 0.4
const wordsMin = 5
const wordsMax = 14

/** How long a word takes, in milliseconds. */
const wordMin = 500
const wordMax = 1500

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

/** A document, in one of its versions. */
const enter = Effect.gen(function* () {
  const document: Document = yield* chooseDocument
  const perspective = (yield* chance(releaseChance)) ? releasePerspective : "drafts"
  return { document, perspective }
})

const chooseField = Effect.fnUntraced(function* ({ fields }: Document) {
  const goesToBody = fields.includes(bodyField) && (yield* chance(bodyChance))
  return goesToBody ? bodyField : yield* Random.choice(fields)
})

const wander = Effect.gen(function* () {
  const presence = yield* Presence
  let { document, perspective } = yield* enter
  while (true) {
    const field = yield* chooseField(document)
    const here = { documentId: document.id, perspective, path: field.path }
    if (field === bodyField) {
      let caret = caretAnywhere(yield* Random.next)
      for (let words = yield* Random.nextIntBetween(wordsMin, wordsMax); words > 0; words--) {
        yield* presence.report([{ ...here, selection: selectionOf(caret) }])
        yield* Effect.sleep(yield* Random.nextBetween(wordMin, wordMax))
        caret = nextCaret(caret, yield* Random.next)
      }
    } else {
      yield* presence.report([here])
      yield* stay
    }
    if (yield* chance(leaveDocument)) ({ document, perspective } = yield* enter)
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
