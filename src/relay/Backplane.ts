/**
 * What carries messages between the nodes of a relay.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type BackplaneCounts, type BackplaneStatus, makeHub, noCounts } from "./BackplaneHub.ts"
import type { BackplaneRefusal } from "./BackplaneRefusal.ts"
import { monotonicNow } from "./Clock.ts"
import type { MemoryBus, MemoryNode } from "./MemoryBus.ts"
import { subjectOf, type Topic } from "./Topic.ts"

export { BackplaneError } from "./BackplaneError.ts"
export type { BackplaneCounts, BackplaneStatus, MessageDropReason } from "./BackplaneHub.ts"
export type { BackplaneRefusal } from "./BackplaneRefusal.ts"
export { MemoryBus, type MemoryBusOptions } from "./MemoryBus.ts"

/**
 * Messages between the nodes of a relay, by topic. Nothing is stored, and nothing arrives twice;
 * what is said around a loss of the connection may be lost, so nodes resynchronise after it.
 *
 * @example
 * const backplane = yield* Backplane
 * yield* backplane.subscribe({ _tag: "Cluster" }, (message) => hear(message))
 * backplane.publish({ _tag: "Cluster" }, JSON.stringify({ type: "hello" }))
 */
export class Backplane extends Context.Service<
  Backplane,
  {
    /**
     * Hears what other nodes publish on a topic, from when the effect has ended (the server has
     * confirmed it where there is a connection) until the scope closes; never what its own node
     * publishes. `receive` is called synchronously, per message, in order per publisher. It must
     * not throw: if it does, that is logged and counted, and nothing else comes of it. Without a
     * connection it takes effect with the next one.
     */
    readonly subscribe: (
      topic: Topic,
      receive: (message: string) => void
    ) => Effect.Effect<void, never, Scope.Scope>
    /**
     * Tells the other nodes. Synchronous: it never throws and never waits. Without a connection
     * messages are dropped and counted, not kept.
     */
    readonly publish: (topic: Topic, message: string) => void
    /** Whether the others hear this node, and it hears them, now. */
    readonly status: () => BackplaneStatus
    /**
     * When what carries the messages last proved to be alive, in milliseconds of the monotonic
     * clock; a second ago or so while it is well. While it is not, another node's silence says
     * nothing of that node.
     */
    readonly heardAt: () => number
    /**
     * Calls back on each change of the status, until the scope closes; with Connected also where
     * messages were dropped for a backlog that is gone: nodes resynchronise then, too.
     */
    readonly onStatus: (
      notify: (status: BackplaneStatus) => void
    ) => Effect.Effect<void, never, Scope.Scope>
    /** What went wrong since the start. */
    readonly counts: () => BackplaneCounts
    /**
     * What the server forbids this node while they are connected, if anything; none where there is
     * nobody to forbid it.
     */
    readonly refusal?: () => BackplaneRefusal | undefined
  }
>()("effect-sanity-presence/relay/Backplane") {
  /**
   * One node alone: publishing does nothing, nobody is heard, the status is Connected.
   *
   * @example
   * Relay.layerNode({ port: 4000 }).pipe(Layer.provide(Backplane.layerNone))
   */
  static readonly layerNone: Layer.Layer<Backplane> = Layer.succeed(
    Backplane,
    Backplane.of({
      subscribe: () => Effect.void,
      publish: () => {},
      status: () => ({ _tag: "Connected" }),
      heardAt: monotonicNow,
      onStatus: () => Effect.void,
      counts: () => noCounts
    })
  )

  /**
   * Several nodes in one process. Each needs a layer of its own, and a name if it is to be cut off.
   *
   * @example
   * const bus = yield* MemoryBus.make()
   * const two = [Backplane.layerMemory(bus, "one"), Backplane.layerMemory(bus, "two")]
   */
  static readonly layerMemory = (bus: MemoryBus, name = ""): Layer.Layer<Backplane> =>
    Layer.effect(Backplane, makeMemory(bus, name))
}

const makeMemory = Effect.fnUntraced(function* (
  bus: MemoryBus,
  name: string
): Effect.fn.Return<Backplane["Service"], never, Scope.Scope> {
  const hub = yield* makeHub({ opened: () => {}, closed: () => {} })
  const node: MemoryNode = { name, hub }
  yield* Effect.acquireRelease(
    Effect.sync(() => bus.join(node)),
    (leave) => Effect.sync(leave)
  )
  return Backplane.of({
    subscribe: (topic, receive) => hub.listen(subjectOf(topic), receive),
    publish: (topic, message) => bus.publish(node, subjectOf(topic), message),
    status: hub.status,
    heardAt: monotonicNow,
    onStatus: hub.onStatus,
    counts: hub.counts
  })
})
