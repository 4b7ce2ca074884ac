/** The model of what relays and NATS cost, fitted to what was measured. Pure. */
import { type Equation, leastSquares } from "./leastSquares.ts"
import type { Point } from "./Point.ts"
import { type Traffic, trafficOf } from "./traffic.ts"

/** A point, and what was measured of it: milliseconds of processor per second. */
export interface Measured {
  readonly scene: string
  readonly point: Point
  /** Of each node. */
  readonly relay: number
  /** Of the NATS server; 0 where there is none. */
  readonly nats: number
}

/** One of the things that cost something: its name, and how much there is of it per second. */
export interface Term {
  readonly says: string
  readonly amount: (traffic: Traffic) => number
}

/** What costs a relay. */
export const relayTerms: ReadonlyArray<Term> = [
  { says: "an announce of a member here", amount: ({ frames }) => frames },
  { says: "an event of a member elsewhere", amount: ({ foreign }) => foreign },
  { says: "a moment in which anything happens", amount: ({ awake }) => awake },
  { says: "a moment in which it speaks with NATS", amount: ({ onBus }) => onBus },
  { says: "a write to a socket", amount: ({ writes }) => writes },
  { says: "a kilobyte of it", amount: ({ bytes }) => bytes / 1_000 },
  { says: "a connection, per second", amount: ({ connections }) => connections },
  { says: "a node, per second", amount: () => 1 }
]

/** What costs the NATS server. */
export const natsTerms: ReadonlyArray<Term> = [
  { says: "a message that it takes", amount: ({ busIn }) => busIn },
  { says: "a message that it gives", amount: ({ busOut }) => busOut },
  { says: "the server, per second", amount: () => 1 }
]

/** The price of each term, in milliseconds of processor. */
export interface Model {
  readonly relay: ReadonlyArray<number>
  readonly nats: ReadonlyArray<number>
}

const price = (
  terms: ReadonlyArray<Term>,
  prices: ReadonlyArray<number>,
  traffic: Traffic
): number => terms.reduce((sum, { amount }, at) => sum + amount(traffic) * (prices[at] ?? 0), 0)

/** What a node costs, in milliseconds of processor per second. */
export const relayCost = ({ relay }: Model, traffic: Traffic): number =>
  price(relayTerms, relay, traffic)

/** What the NATS server costs, in the same. */
export const natsCost = ({ nats }: Model, traffic: Traffic): number =>
  price(natsTerms, nats, traffic)

const equation = (terms: ReadonlyArray<Term>, point: Point, value: number): Equation => {
  const traffic = trafficOf(point)
  return { amounts: terms.map(({ amount }) => amount(traffic)), value }
}

/** The model that is nearest to what was measured. */
export const fit = (measured: ReadonlyArray<Measured>): Model => ({
  relay: leastSquares(measured.map(({ point, relay }) => equation(relayTerms, point, relay))),
  nats: leastSquares(
    measured
      .filter(({ nats }) => nats > 0)
      .map(({ nats, point }) => equation(natsTerms, point, nats))
  )
})

/** A point that the model was not fitted to. */
export interface Prediction {
  readonly measured: Measured
  readonly predicted: number
  /** By how much of what was measured the prediction is above it; below it where negative. */
  readonly error: number
}

const predict = (model: Model, measured: Measured): Prediction => {
  const predicted = relayCost(model, trafficOf(measured.point))
  return { measured, predicted, error: predicted / measured.relay - 1 }
}

/** Predicts some points by a model of all the others. */
export const predictWithout = (
  all: ReadonlyArray<Measured>,
  left: ReadonlyArray<Measured>
): ReadonlyArray<Prediction> => {
  const model = fit(all.filter((measured) => !left.includes(measured)))
  return left.map((measured) => predict(model, measured))
}

/** Predicts each point by a model of all the others. */
export const leaveEachOut = (all: ReadonlyArray<Measured>): ReadonlyArray<Prediction> =>
  all.flatMap((measured) => predictWithout(all, [measured]))
