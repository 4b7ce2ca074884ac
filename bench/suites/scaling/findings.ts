/** From the samples of the suite to what was found out. Pure. */
import type { Figures, Sample } from "../../suite.ts"
import { medianOf } from "../../summary.ts"
import type { Findings, Memory } from "./deployment.ts"
import { leastSquares } from "./leastSquares.ts"
import { fit, type Measured } from "./model.ts"
import type { Point } from "./Point.ts"
import { contenderOf, leftOut, sceneOf } from "./points.ts"
import { trafficOf } from "./traffic.ts"

/** The scene and contender that say what a session takes in memory. */
export const sessionScene = { scene: "sessions that a room knows", contender: "a table" } as const

/** What was measured of a point: the medians of all rounds. */
export interface Row extends Measured {
  readonly figure: (name: string) => number | undefined
}

const pointOf = ({ bytes, hertz, joined, members, nodes, rooms }: Figures): Point | undefined =>
  bytes === undefined ||
  hertz === undefined ||
  members === undefined ||
  nodes === undefined ||
  rooms === undefined
    ? undefined
    : { nodes, isJoined: joined === 1, rooms, members, hertz, bytes }

/** The points that were measured, in their order. */
export const rowsOf = (samples: ReadonlyArray<Sample>): ReadonlyArray<Row> => {
  const median = medianOf(samples)
  const [first] = samples
  return samples
    .filter(({ round }) => round === first?.round)
    .flatMap(({ contender, figures, scene }): ReadonlyArray<Row> => {
      const point = pointOf(figures)
      const figure = (name: string) => median(scene, contender, name)
      const relay = figure("relay")
      if (point === undefined || relay === undefined) return []
      return [{ scene, point, relay, nats: figure("natsProcessor") ?? 0, figure }]
    })
}

/** Those of the rows that the declared prediction leaves out of its fit. */
export const leftOutOf = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  const names = leftOut.map((point) => `${sceneOf(point)} ${contenderOf(point)}`)
  return rows.filter(({ point }) => names.includes(`${sceneOf(point)} ${contenderOf(point)}`))
}

/** What NATS carries for a message, and for an event in it, in bytes. */
const busOf = (rows: ReadonlyArray<Row>): Findings["bus"] => {
  const [message = 0, event = 0] = leastSquares(
    rows.flatMap(({ figure, point }) => {
      const value = figure("natsBytesIn") ?? 0
      if (value === 0) return []
      const { busEvents, busIn } = trafficOf(point)
      return [{ amounts: [busIn, busEvents], value }]
    })
  )
  return { message, event }
}

const memoryOf = (rows: ReadonlyArray<Row>, samples: ReadonlyArray<Sample>): Memory => {
  const row = rows.find(({ figure }) => figure("resident") !== undefined)
  const { contender, scene } = sessionScene
  const session = medianOf(samples)(scene, contender, "session")
  const empty = row?.figure("base")
  const connection = row?.figure("resident")
  if (empty === undefined || connection === undefined || session === undefined) {
    throw new Error("memory was not measured")
  }
  return { empty, connection, session }
}

/** The model of all points, and what else is needed to say what a deployment takes. */
export const findingsOf = (samples: ReadonlyArray<Sample>): Findings => {
  const rows = rowsOf(samples)
  return { model: fit(rows), memory: memoryOf(rows, samples), bus: busOf(rows) }
}
