/** What a point consists of, per second: the amounts that the model has a price for. Pure. */
import { batchesIn } from "./batches.ts"
import type { Point } from "./Point.ts"

/** The head of a frame that a server sends with an event of usual size. */
const head = 4

/**
 * Of a deployment, per second.
 *
 * - `frames`: announces that one node reads.
 * - `foreign`: events that one node reads from NATS.
 * - `sent`, `received`: NATS messages of one node.
 * - `turns`: of the event loop of one node, in which it gets something or a batch is due.
 * - `writes`: to the sockets of one node.
 * - `bytes`: to the sockets of one node, without what TCP and TLS add.
 * - `connections`: of one node.
 * - `busIn`, `busOut`: messages that NATS takes and gives, for all nodes; `busEvents`: events that it takes.
 */
export interface Traffic {
  readonly frames: number
  readonly foreign: number
  readonly sent: number
  readonly received: number
  readonly turns: number
  readonly writes: number
  readonly bytes: number
  readonly connections: number
  readonly busIn: number
  readonly busOut: number
  readonly busEvents: number
}

/** What happens within a millisecond is done in one turn. */
const turnsOf = (happenings: number): number => 1_000 * (1 - Math.exp(-happenings / 1_000))

/**
 * What goes through a deployment.
 *
 * @param spread on how many of the nodes a room has members; on all, unless told
 */
export const trafficOf = (point: Point, spread: number = point.nodes): Traffic => {
  const { bytes, hertz, isJoined, members, nodes, rooms } = point
  // Of one room on a node that has any of it.
  const present = members / spread
  const own = present * hertz
  const { batches, late, messages } = batchesIn(own, spread)
  const roomsHere = (rooms * spread) / nodes
  const connections = roomsHere * present
  const sent = isJoined ? roomsHere * messages : 0
  const frames = roomsHere * own
  const received = sent * (spread - 1)
  return {
    frames,
    foreign: isJoined ? roomsHere * (members * hertz - own) : 0,
    sent,
    received,
    turns: turnsOf(frames + received + roomsHere * late),
    writes: batches * connections,
    bytes: members * hertz * connections * (bytes + head),
    connections,
    busIn: sent * nodes,
    busOut: sent * nodes * (spread - 1),
    busEvents: isJoined ? rooms * members * hertz : 0
  }
}
