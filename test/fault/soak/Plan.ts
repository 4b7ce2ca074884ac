/**
 * What is to happen in a soak, and when: drawn from the seed before it begins, so that the same seed
 * asks for the same faults at the same times. Pure.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** What happens to the network of one client. */
export const networkFaults = [
  "cut",
  "reset",
  "black hole up",
  "black hole down",
  "black hole both",
  "delay",
  "throttle",
  "split",
  "merge",
  "corrupt up",
  "corrupt down",
  "cut in the handshake",
  "cut in a frame",
  "refuse"
] as const
export type NetworkFault = (typeof networkFaults)[number]

/** How a client ends; another one takes its place. */
const ends = ["goodbye", "crash"] as const

/** What a client does that is hard to follow. */
const reports = ["burst", "clear"] as const

/** Everything that must have happened often. */
export const faults = [...networkFaults, ...ends, ...reports, "relay restart"] as const
export type Fault = (typeof faults)[number]

/** How a deed is done, from 0 up to 1: how long, how much, and in which of two ways. */
export interface Dice {
  readonly hold: number
  readonly dose: number
  readonly coin: number
}

/**
 * Something that is to happen `at` so many milliseconds from the beginning of a round, to the first of
 * these clients that is in a state for it. A restart of the relay happens to all.
 */
export interface Deed {
  readonly what: Fault | "move"
  readonly at: number
  readonly clients: ReadonlyArray<number>
  readonly dice: Dice
}

/** A number between the two. */
export const between = (low: number, high: number, part: number): number =>
  low + (high - low) * part

/** One of the two. */
export const oneOf = <const A>(first: A, second: A, part: number): A =>
  part < 0.5 ? first : second

/** Of each kind in every minute. */
const perMinute = 31

/** Restarts come five in a row and leave the room in peace then. In milliseconds. */
const restartsInARow = 5
const betweenRestarts = 400

/** How often a client moves, whatever else is the matter. In milliseconds. */
const betweenMoves = 1_500

/** How many clients are tried. */
const candidates = 3

/** The part of the clients that never ends: what a fault leaves behind stays, and is found. */
const elders = 0.4

const indices = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i)

/** So many times, one in each of so many equal parts of the whole. */
const spread = (count: number, millis: number) =>
  Effect.forEach(indices(count), (index) =>
    Effect.map(Random.next, (part) => ((index + part) / count) * millis)
  )

const inRows = (count: number, millis: number) =>
  Effect.map(
    spread(Math.ceil(count / restartsInARow), millis - restartsInARow * betweenRestarts),
    (starts) =>
      starts.flatMap((start) =>
        indices(restartsInARow).map((index) => start + index * betweenRestarts)
      )
  )

const draw = (what: Deed["what"]) => (at: number) =>
  Effect.all({ hold: Random.next, dose: Random.next, coin: Random.next }).pipe(
    Effect.map((dice): Deed => ({ what, at, clients: [0], dice }))
  )

/** Everybody once before anybody twice. */
const deal = Effect.fnUntraced(function* (deeds: ReadonlyArray<Deed>, clients: number) {
  const dealt: Array<Deed> = []
  let deck: Array<number> = []
  for (const deed of deeds.toSorted((a, b) => a.at - b.at)) {
    if (deck.length === 0) deck = yield* Random.shuffle(indices(clients))
    const first = deck.pop() ?? 0
    dealt.push({ ...deed, clients: indices(candidates).map((next) => (first + next) % clients) })
  }
  return dealt
})

/**
 * The deeds of one round, in order.
 *
 * @example
 * const deeds = yield* makePlan({ seconds: 60, clients: 20 }).pipe(Random.withSeed("123"))
 */
export const makePlan = Effect.fnUntraced(function* (options: {
  readonly seconds: number
  readonly clients: number
}) {
  const { clients, seconds } = options
  const millis = seconds * 1_000
  const count = Math.ceil((perMinute * seconds) / 60)
  const mortals = Math.ceil(clients * (1 - elders))
  const several = (kinds: ReadonlyArray<Deed["what"]>, count: number, clients: number) =>
    Effect.forEach(kinds, (what) =>
      Effect.flatMap(spread(count, millis), Effect.forEach(draw(what)))
    ).pipe(Effect.flatMap((deeds) => deal(deeds.flat(), clients)))
  const deeds = yield* Effect.all([
    several(networkFaults, count, clients),
    several(ends, count, mortals),
    several(reports, count, clients),
    several(["move"], Math.ceil((clients * millis) / betweenMoves), clients),
    Effect.flatMap(inRows(count, millis), Effect.forEach(draw("relay restart")))
  ])
  return deeds.flat().toSorted((a, b) => a.at - b.at)
})
