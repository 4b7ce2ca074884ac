/**
 * A bus in memory that the relays of one process share: several nodes without a network.
 */
import * as Effect from "effect/Effect"
import type { BackplaneHub } from "./BackplaneHub.ts"

/** What a node gives to the bus: its hub, and the name by which a test cuts it off. */
export interface MemoryNode {
  readonly name: string
  readonly hub: BackplaneHub
}

/** A bus in memory: what joins the nodes that have a `Backplane.layerMemory` with it. */
export interface MemoryBus {
  /** Takes a node in; it leaves with the returned function. */
  readonly join: (node: MemoryNode) => () => void
  /** Tells the others, soon, in the order of publishing. */
  readonly publish: (from: MemoryNode, subject: string, message: string) => void
  /** Cuts a node off, by name: its status says so, what it would say or hear is dropped. */
  readonly cut: (name: string) => Effect.Effect<void>
  /** Takes it in again. */
  readonly heal: (name: string) => Effect.Effect<void>
}

/** What can be set on a {@link MemoryBus}. */
export interface MemoryBusOptions {
  /** The largest message in bytes; larger ones are dropped. 1 MiB unless told, as with NATS. */
  readonly maxPayload?: number | undefined
}

interface Sent {
  readonly from: MemoryNode
  readonly subject: string
  readonly message: string
}

const makeUnsafe = ({ maxPayload = 1024 * 1024 }: MemoryBusOptions): MemoryBus => {
  const nodes = new Set<MemoryNode>()
  const cutOff = new Set<string>()
  let queue: Array<Sent> = []

  const flush = (): void => {
    const batch = queue
    queue = []
    for (const { from, message, subject } of batch) {
      // Who is cut off by now neither gets through nor hears.
      if (cutOff.has(from.name)) continue
      for (const node of nodes) {
        if (node !== from && !cutOff.has(node.name)) node.hub.deliver(subject, message)
      }
    }
  }

  const tell = (name: string, notify: (hub: BackplaneHub) => void): void => {
    for (const node of nodes) if (node.name === name) notify(node.hub)
  }

  return {
    join: (node) => {
      nodes.add(node)
      if (cutOff.has(node.name)) node.hub.disconnected("cut off")
      else node.hub.connected()
      return () => void nodes.delete(node)
    },
    publish: (from, subject, message) => {
      if (cutOff.has(from.name)) return from.hub.drop("disconnected")
      if (Buffer.byteLength(message) > maxPayload) return from.hub.drop("too-large")
      if (queue.push({ from, subject, message }) === 1) queueMicrotask(flush)
    },
    cut: (name) =>
      Effect.sync(() => {
        cutOff.add(name)
        tell(name, (hub) => hub.disconnected("cut off"))
      }),
    heal: (name) =>
      Effect.sync(() => {
        cutOff.delete(name)
        tell(name, (hub) => hub.connected())
      })
  }
}

/** Several nodes in one process, without a network: for tests of what a relay of several nodes does. */
export const MemoryBus = {
  /**
   * A bus of its own.
   *
   * @example
   * const bus = yield* MemoryBus.make()
   * const one = Relay.layerNode().pipe(Layer.provide(Backplane.layerMemory(bus, "one")))
   * yield* bus.cut("one")
   */
  make: (options: MemoryBusOptions = {}): Effect.Effect<MemoryBus> =>
    Effect.sync(() => makeUnsafe(options))
}
