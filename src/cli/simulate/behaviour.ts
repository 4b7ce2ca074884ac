/**
 * What simulated people do next, by dice.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { ReportedLocation, Selection } from "../../Location.ts"

/** One thing that somebody does. */
export type Act = "focus" | "type" | "idle" | "leave" | "reconnect"

/** Of a hundred things that people do, how many are of each kind. */
const weights: ReadonlyArray<readonly [Act, number]> = [
  ["type", 58],
  ["focus", 30],
  ["idle", 6],
  ["leave", 4],
  ["reconnect", 2]
]

const all = weights.reduce((sum, [, weight]) => sum + weight, 0)

/** The fields of every document; in the last one people have a caret. */
const fields = ["title", "slug", "author", "summary"] as const
const body = ["body", { _key: "p1" }, "children", { _key: "s1" }] as const

/** A caret goes on by up to so many characters at a time, and starts anew after so many. */
const word = 9
const paragraph = 400

export const chooseAct: Effect.Effect<Act> = Effect.map(Random.nextIntBetween(1, all), (rolled) => {
  let left = rolled
  for (const [act, weight] of weights) {
    left -= weight
    if (left <= 0) return act
  }
  return "type"
})

const documentId = (index: number): string => `simulated-${index + 1}`

/** A field of one of so many documents. */
export const chooseField = Effect.fnUntraced(function* (documents: number) {
  const index = yield* Random.nextIntBetween(0, documents - 1)
  const place: ReportedLocation = {
    documentId: documentId(index),
    path: [yield* Random.choice(fields)]
  }
  return place
})

const caretAt = (offset: number): Selection => {
  const point = { path: body, offset }
  return { anchor: point, focus: point }
}

/** A word further on in the body of the document that somebody is in. */
export const typeOn = Effect.fnUntraced(function* ({ documentId, selection }: ReportedLocation) {
  const offset = (selection?.focus.offset ?? 0) + (yield* Random.nextIntBetween(1, word))
  const place: ReportedLocation = {
    documentId,
    path: ["body"],
    selection: caretAt(offset % paragraph)
  }
  return place
})

/**
 * The time until the next act, in milliseconds: some come soon, a few late, as with people.
 *
 * @param rate acts of one person in a second
 */
export const chooseDelay = (rate: number): Effect.Effect<number> =>
  Effect.map(Random.next, (chance) => (-Math.log(1 - chance) / rate) * 1_000)
