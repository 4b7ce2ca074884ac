/** Relays that are the nodes of one cluster, in one process, on a bus in memory. */
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Backplane, MemoryBus } from "../../src/relay/Backplane.ts"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth } from "../../src/relay/RelayAuth.ts"
import type { RelayOptions } from "../../src/relay/RelayOptions.ts"

/** Nothing is put off, so that each step is seen as it is taken. */
export const prompt: RelayOptions = {
  port: 0,
  announceInterval: 0,
  batchInterval: 0,
  // Longer than nodes take to tell their tables once they are back.
  nodeReturnGrace: 1_000,
  returnGrace: 0,
  rollCallInterval: 0
}

/** Nodes on one bus; each can be stopped. */
export const startNodes = Effect.fnUntraced(function* (count: number, options: RelayOptions = {}) {
  const bus = yield* MemoryBus.make()
  const start = Effect.fnUntraced(function* (name: string) {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const layer = Relay.layerNode({ ...prompt, ...options }).pipe(
      Layer.provide([RelayAuth.layerDevelopment, Backplane.layerMemory(bus, name)])
    )
    const { url } = Context.get(yield* Layer.buildWithScope(layer, scope), Relay)
    return { url, stop: Scope.close(scope, Exit.void) }
  })
  const names = Array.from({ length: count }, (_, n) => `node-${n}`)
  return { bus, nodes: yield* Effect.forEach(names, start) }
})

/** Two nodes on one bus. */
export const twoNodes = (options?: RelayOptions) =>
  Effect.map(startNodes(2, options), ({ bus, nodes: [one, two] }) => {
    assert(one !== undefined && two !== undefined)
    return { bus, one, two }
  })

/** Three nodes on one bus. */
export const threeNodes = (options?: RelayOptions) =>
  Effect.map(startNodes(3, options), ({ bus, nodes: [one, two, three] }) => {
    assert(one !== undefined && two !== undefined && three !== undefined)
    return { bus, one, two, three }
  })
