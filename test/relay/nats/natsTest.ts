/**
 * Nodes on a real nats-server, for tests.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Backplane, type BackplaneStatus } from "../../../src/relay/Backplane.ts"
import { NatsBackplane, type NatsOptions } from "../../../src/relay/nats/NatsBackplane.ts"
import type { Topic } from "../../../src/relay/Topic.ts"
import * as natsServer from "../../support/natsServer.ts"

export const production: Topic = {
  _tag: "Room",
  room: { _tag: "Dataset", project: "demo", dataset: "production" }
}

/** Tests in real time that need nats-server. */
export const onNats = (name: string, tests: () => void) =>
  describe.skipIf(natsServer.isNatsMissing)(name, tests)

export const live = (name: string, body: Effect.Effect<void, unknown, Scope.Scope>) =>
  it.live(name, () => body)

/** A node that comes back at once. */
export const joinNats = (options: NatsOptions) =>
  Effect.map(
    Layer.build(NatsBackplane.layer({ reconnectWait: 20, reconnectJitter: 20, ...options })),
    (context) => Context.get(context, Backplane)
  )

/** Waits for a status that has this in its reason, or Connected for none. */
export const untilStatus = Effect.fnUntraced(function* (
  { onStatus, status }: Backplane["Service"],
  reason?: string
): Effect.fn.Return<BackplaneStatus, never, Scope.Scope> {
  const queue = yield* Queue.unbounded<BackplaneStatus>()
  yield* onStatus((change) => Queue.offerUnsafe(queue, change))
  let current = status()
  const isIt = () =>
    current._tag === "Connected" ? reason === undefined : current.reason.includes(reason ?? "\0")
  while (!isIt()) {
    current = yield* Effect.timeoutOrElse(Queue.take(queue), {
      duration: "20 seconds",
      orElse: () => Effect.die(`the status stays ${JSON.stringify(current)}`)
    })
  }
  return current
})

/** That one node is heard by another. */
export const assertHeard = Effect.fnUntraced(function* (
  from: Backplane["Service"],
  to: Backplane["Service"],
  topic: Topic = production
) {
  const queue = yield* Queue.unbounded<string>()
  yield* to.subscribe(topic, (message) => Queue.offerUnsafe(queue, message))
  from.publish(topic, "hello")
  assert.strictEqual(yield* Effect.timeout(Queue.take(queue), "5 seconds"), "hello")
}, Effect.scoped)

/** Waits for what nothing tells of. */
export const eventually = (condition: () => boolean) =>
  Effect.sync(condition).pipe(
    Effect.repeat({ until: (isSo) => isSo, schedule: Schedule.spaced(10) }),
    Effect.timeout("10 seconds"),
    Effect.asVoid
  )

/** A server, and two nodes that have joined it. */
export const twoOnServer = Effect.fnUntraced(function* (
  options: Omit<NatsOptions, "servers"> = {}
) {
  const server = yield* natsServer.make()
  const join = joinNats({ ...options, servers: server.url })
  return { server, a: yield* join, b: yield* join }
})
