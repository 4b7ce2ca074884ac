/**
 * Two nodes while the NATS server between them hangs: it holds its connections and answers nothing.
 */
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { NatsBackplane, type NatsOptions } from "../../../src/relay/nats/NatsBackplane.ts"
import { Relay } from "../../../src/relay/Relay.ts"
import { RelayAuth } from "../../../src/relay/RelayAuth.ts"
import * as natsServer from "../../support/natsServer.ts"
import { startNode as startProcess } from "../../support/relayNodes.ts"
import { prompt } from "../clusterTest.ts"
import { gone, join, state } from "../RelayClient.ts"
import { live, onNats } from "./natsTest.ts"

const startNode = Effect.fnUntraced(function* (options: NatsOptions) {
  const layer = Relay.layerNode(prompt).pipe(
    Layer.provide([RelayAuth.layerDevelopment, NatsBackplane.layer(options)])
  )
  return Context.get(yield* Layer.build(layer), Relay).url
})

/** The others' events up to one of them, which must come. */
const heardUntil = Effect.fnUntraced(function* (
  { next }: Effect.Success<ReturnType<typeof join>>,
  last: unknown
) {
  const events: Array<unknown> = []
  const isLast = (event: unknown) => JSON.stringify(event) === JSON.stringify(last)
  while (!events.some(isLast)) {
    events.push(
      yield* Effect.timeoutOrElse(next, {
        duration: "20 seconds",
        orElse: () => Effect.die(`only ${JSON.stringify(events)}`)
      })
    )
  }
  return events
})

/** Ada on one node and Bob on the other, each in the room "production" and seen by both. */
const meet = Effect.fnUntraced(function* (options: Omit<NatsOptions, "servers">) {
  const server = yield* natsServer.make()
  const atAda = yield* startNode({ servers: server.url, ...options })
  const atBob = yield* startNode({ servers: server.url, ...options })
  const ada = yield* join(atAda, "p-ada")
  const bob = yield* join(atBob, "p-bob")
  for (const [client, user, session] of [
    [ada, "p-ada", "a"],
    [bob, "p-bob", "b"]
  ] as const) {
    yield* client.announce(session, ["here"])
    for (const watcher of [ada, bob]) {
      yield* heardUntil(watcher, state(user, session, ["here"]))
    }
  }
  // Rooms that have just opened tell each other once more.
  yield* Effect.sleep("500 millis")
  for (const { rest } of [ada, bob]) yield* rest
  return { server, atAda, ada, bob }
})

const healthOf = (url: string) =>
  Effect.promise(async (): Promise<unknown> => (await fetch(`${url}/healthz`)).json())

onNats("two relays on a nats-server that hangs", () => {
  live(
    "[S9] give nobody up, serve their own, say so in their health, and agree when it goes on",
    Effect.gen(function* () {
      const { ada, atAda, bob, server } = yield* meet({})
      const neighbour = yield* join(atAda, "p-neighbour")
      yield* server.pause
      yield* Effect.sleep("1 second")
      yield* ada.announce("a", ["there"])
      assert.deepEqual(yield* neighbour.next, state("p-ada", "a", ["there"]))
      yield* Effect.sleep("11 seconds")
      assert.deepEqual(yield* bob.rest, [])
      assert.deepEqual(yield* ada.rest, [state("p-ada", "a", ["there"])])
      assert.propertyVal(yield* healthOf(atAda), "status", "degraded")
      // A roll call is answered for the others, too.
      yield* neighbour.rollCall("n")
      assert.sameDeepMembers(yield* neighbour.rest, [
        state("p-ada", "a", ["there"]),
        state("p-bob", "b", ["here"])
      ])

      yield* server.resume
      const moved = state("p-ada", "a", ["there"])
      assert.notInclude(JSON.stringify(yield* heardUntil(bob, moved)), "disconnect")
      yield* bob.announce("b", ["there"])
      const answered = state("p-bob", "b", ["there"])
      assert.notInclude(JSON.stringify(yield* heardUntil(ada, answered)), "disconnect")
      assert.propertyVal(yield* healthOf(atAda), "status", "ok")
    })
  )

  live(
    "[S9] give nobody up where it goes on before the connection counts as lost",
    Effect.gen(function* () {
      const { ada, bob, server } = yield* meet({ pingInterval: "1 minute" })
      yield* server.pause
      // A signal takes its time.
      yield* Effect.sleep("500 millis")
      yield* ada.announce("a", ["there"])
      yield* Effect.sleep("9 seconds")
      assert.deepEqual(yield* bob.rest, [])
      yield* server.resume
      const moved = state("p-ada", "a", ["there"])
      assert.deepEqual(yield* heardUntil(bob, moved), [moved])
      // Long enough for who was about to be given up.
      yield* Effect.sleep("2 seconds")
      assert.deepEqual(yield* bob.rest, [])
    })
  )

  live(
    "[S9] give up who dies: after 5 s where NATS is well, and when it is well again where it hangs",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      const [first, second] = yield* Effect.all([
        startProcess(server.url),
        startProcess(server.url)
      ])
      const bob = yield* join(yield* startNode({ servers: server.url }), "p-bob")
      for (const [session, { url }] of [
        ["a", first],
        ["b", second]
      ] as const) {
        const ada = yield* join(url, "p-ada")
        yield* ada.announce(session)
        yield* heardUntil(bob, state("p-ada", session))
      }
      yield* Effect.sleep("500 millis")
      yield* bob.rest

      yield* first.kill
      const [took] = yield* Effect.timed(heardUntil(bob, gone("p-ada", "a")))
      assert.isAbove(Duration.toMillis(took), 3_500)
      assert.isBelow(Duration.toMillis(took), 8_000)

      yield* server.pause
      yield* second.kill
      yield* Effect.sleep("7 seconds")
      assert.deepEqual(yield* bob.rest, [])
      yield* server.resume
      yield* heardUntil(bob, gone("p-ada", "b"))
    })
  )
})
