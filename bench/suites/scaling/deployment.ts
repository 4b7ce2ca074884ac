/** What it takes to carry many connections, by the model. Pure. */
import { type Model, natsCost, relayCost } from "./model.ts"
import type { Point } from "./Point.ts"
import { type Traffic, trafficOf } from "./traffic.ts"

/** Memory in bytes: of a relay without anyone, of a connection with its session, of a session elsewhere. */
export interface Memory {
  readonly empty: number
  readonly connection: number
  readonly session: number
}

/** All that was found out. */
export interface Findings {
  readonly model: Model
  readonly memory: Memory
  /** Bytes on NATS: of a message that carries nothing, and of an event in it. */
  readonly bus: { readonly message: number; readonly event: number }
}

/** A node is full at half a core: the rest is for those who all come at once, and for a node that is lost. */
export const share = 0.5

/** Connections that a node takes, by default. */
export const mostConnections = 10_000

/**
 * What someone wants to carry.
 *
 * - `placement`: whether the members of a room come to the same node, or to any.
 */
export interface Wanted {
  readonly connections: number
  readonly members: number
  readonly hertz: number
  readonly bytes: number
  readonly placement: "together" | "anywhere"
}

/** What that takes: `busy`, milliseconds of processor per second of a node; `memory`, bytes of a node. */
export interface Deployment {
  readonly nodes: number
  readonly roomsPerNode: number
  readonly busy: number
  readonly memory: number
  readonly nats: number
  readonly busBytesIn: number
  readonly busBytesOut: number
  readonly traffic: Traffic
}

/** On how many of the nodes a room is, if each member takes one at random: the mean. */
export const spreadOf = (members: number, nodes: number): number =>
  nodes * (1 - (1 - 1 / nodes) ** members)

const pointOf = ({ bytes, connections, hertz, members }: Wanted, nodes: number): Point => ({
  nodes,
  isJoined: nodes > 1,
  rooms: connections / members,
  members,
  hertz,
  bytes
})

const deploy = (wanted: Wanted, { bus, memory, model }: Findings, nodes: number): Deployment => {
  const spread = wanted.placement === "together" ? 1 : spreadOf(wanted.members, nodes)
  const point = pointOf(wanted, nodes)
  const traffic = trafficOf(point, spread)
  const roomsPerNode = (point.rooms * spread) / nodes
  const sessions = roomsPerNode * wanted.members
  const busBytesIn = traffic.busIn * bus.message + traffic.busEvents * bus.event
  return {
    nodes,
    roomsPerNode,
    busy: relayCost(model, traffic),
    memory:
      memory.empty +
      traffic.connections * memory.connection +
      (sessions - traffic.connections) * memory.session,
    nats: traffic.busIn === 0 ? 0 : natsCost(model, traffic),
    busBytesIn,
    busBytesOut: busBytesIn * (spread - 1),
    traffic
  }
}

/** More than anyone would run. */
const mostNodes = 10_000

/** The fewest nodes that carry it, none of them full; undefined where no number of them would. */
export const deploymentFor = (wanted: Wanted, findings: Findings): Deployment | undefined => {
  const least = Math.ceil(wanted.connections / mostConnections)
  for (let nodes = least; nodes <= mostNodes; nodes += Math.max(1, Math.floor(nodes / 100))) {
    const deployment = deploy(wanted, findings, nodes)
    if (deployment.busy <= share * 1_000) return deployment
  }
  return undefined
}
