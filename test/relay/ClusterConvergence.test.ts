import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { makeRandom } from "../support/random.ts"
import { startNodes } from "./clusterTest.ts"
import { join } from "./RelayClient.ts"

const nodeCount = 3
const people = ["ada", "bob", "cyd", "dan", "eve"]
const steps = 60

/** What a roll call on a node is answered with, by session. */
const rollCallAt = (url: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const client = yield* join(url, "p-asker")
      yield* client.rollCall("asker")
      const events = yield* client.rest
      return Object.fromEntries(
        events.flatMap((event) =>
          event.type === "state" ? [[event.m.sessionId, event.m.locations[0]]] : []
        )
      )
    })
  )

const disturb = (seed: number) =>
  Effect.gen(function* () {
    const random = makeRandom(seed)
    const { bus, nodes } = yield* startNodes(nodeCount)
    const urls = nodes.map(({ url }) => url)
    const pick = <A>(from: ReadonlyArray<A>): A => {
      const one = from[Math.floor(random() * from.length)]
      assert(one !== undefined)
      return one
    }
    const connect = Effect.fnUntraced(function* (name: string) {
      const scope = yield* Scope.fork(yield* Effect.scope)
      const client = yield* Scope.provide(join(pick(urls), `p-${name}`), scope)
      return { client, leave: Scope.close(scope, Exit.void) }
    })
    type Life = Effect.Success<ReturnType<typeof connect>>
    const lives = new Map<string, Life>()
    const truth = new Map<string, number>()

    for (let step = 0; step < steps; step++) {
      const name = pick(people)
      const known = lives.get(name)
      const dice = random()
      if (dice < 0.15) {
        const node = `node-${Math.floor(random() * nodeCount)}`
        yield* random() < 0.5 ? bus.cut(node) : bus.heal(node)
      } else if (known !== undefined && dice < 0.3) {
        yield* known.client.disconnect(name)
        truth.delete(name)
      } else {
        // The former connection ends before, or once the new one has taken over.
        const moves = known === undefined || dice < 0.55
        const endsBefore = random() < 0.5
        if (moves && endsBefore && known !== undefined) yield* known.leave
        const life = moves ? yield* connect(name) : known
        lives.set(name, life)
        yield* life.client.announce(name, [step])
        truth.set(name, step)
        if (moves && !endsBefore && known !== undefined) yield* known.leave
      }
    }
    for (let node = 0; node < nodeCount; node++) yield* bus.heal(`node-${node}`)

    const expected = Object.fromEntries(truth)
    yield* Effect.forEach(urls, (url) =>
      Effect.flatMap(rollCallAt(url), (seen) =>
        Effect.try({
          try: () => assert.deepEqual(seen, expected, `seed ${seed}`),
          catch: (error) => error
        })
      ).pipe(Effect.retry({ times: 300, schedule: Schedule.spaced("10 millis") }))
    )
  })

describe("several nodes", () => {
  it.live.each(Array.from({ length: 25 }, (_, seed) => seed))(
    "[S9] agree on everyone once all are connected, whatever was cut meanwhile (seed %i)",
    (seed) => Effect.scoped(disturb(seed))
  )
})
