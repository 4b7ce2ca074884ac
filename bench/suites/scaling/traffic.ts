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
 * - `awake`: moments in which one node gets anything, or a batch is due.
 * - `onBus`: moments in which it speaks with NATS.
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
  readonly awake: number
  readonly onBus: number
  readonly writes: number
  readonly bytes: number
  readonly connections: number
  readonly busIn: number
  readonly busOut: number
  readonly busEvents: number
}

/** In seconds. */
const moment = 0.01

/**
 * In how many moments of a second anything happens, if so much does, at random. To wake up costs something
 * by itself; a process that has much to do stays awake.
 */
const momentsOf = (happenings: number): number => (1 - Math.exp(-happenings * moment)) / moment

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
    awake: momentsOf(frames + received + roomsHere * late),
    onBus: momentsOf(sent + received),
    writes: batches * connections,
    bytes: members * hertz * connections * (bytes + head),
    connections,
    busIn: sent * nodes,
    busOut: sent * nodes * (spread - 1),
    busEvents: isJoined ? rooms * members * hertz : 0
  }
}
