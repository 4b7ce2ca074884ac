/** What is measured, and how it is called. */
import type { Input } from "./load.ts"
import type { Point } from "./Point.ts"

const bytes = 300

const on = (nodes: number, isJoined: boolean) => {
  return (rooms: number, members: number, hertz: number, size = bytes): Point => ({
    nodes,
    isJoined,
    rooms,
    members,
    hertz,
    bytes: size
  })
}

const alone = on(1, false)
const joined = on(1, true)
const two = on(2, true)
const three = on(3, true)

/** Members of a room that say where they are twice a minute: nobody moves. */
const still = 1 / 30

/** Under load: a relay has no more than 70 % of a core to do. */
export const loads: ReadonlyArray<Point> = [
  alone(20, 10, 4),
  alone(100, 10, 4),
  alone(8, 25, 4),
  alone(4, 50, 4),
  alone(1, 50, 4),
  alone(1, 100, 1),
  alone(1, 100, 4),
  alone(1, 200, 1),
  alone(1, 200, 4),
  alone(1, 400, still),
  alone(1, 400, 0.25),
  alone(1, 300, 2),
  alone(1, 400, 1),
  alone(20, 20, 1),
  alone(20, 20, 4),
  alone(1, 200, 1, 1_200),
  alone(1, 200, 4, 2_000),
  joined(1, 100, 4),
  joined(20, 20, 1),
  two(1, 100, 4),
  two(1, 200, 1),
  two(1, 240, 1),
  two(20, 20, 1),
  two(40, 20, 2),
  three(1, 99, 2),
  three(1, 198, 1),
  three(1, 300, 0.5),
  three(20, 21, 1),
  three(60, 21, 1)
]

/** Nobody says anything: heartbeats, pings, and what a relay does without anyone. */
export const silent: ReadonlyArray<Point & Pick<Input, "before" | "millis">> = [
  { ...alone(1, 20, 0), millis: 20_000 },
  { ...alone(50, 20, 0), millis: 20_000 },
  { ...alone(125, 20, 0), before: 25, millis: 40_000 }
]

/**
 * Predicted by a model that has seen none of them. The first two were named before anything was measured:
 * the room with the most deliveries, and the largest one on the most nodes. The others were named once the
 * form of the model was settled, and first measured after that.
 */
export const leftOut: ReadonlyArray<Point> = [
  alone(1, 400, 1),
  three(1, 300, 0.5),
  alone(1, 300, 2),
  two(1, 240, 1)
]

const rate = (hertz: number) =>
  hertz === 0 ? "silent" : hertz < 0.1 ? `each every ${1 / hertz} s` : `each ${hertz}/s`

/** As a row of a table says it. */
export const sceneOf = ({ bytes: size, hertz, members, rooms }: Point): string => {
  const people = rooms === 1 ? `1 room of ${members}` : `${rooms} rooms of ${members}`
  return [people, rate(hertz), ...(size === bytes ? [] : [`${size} bytes`])].join(", ")
}

export const contenderOf = ({ isJoined, nodes }: Point): string => {
  if (nodes > 1) return `${nodes} nodes`
  return isJoined ? "1 node on NATS" : "1 node"
}
