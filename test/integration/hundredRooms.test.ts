/** One process in a hundred datasets, on a real relay in a process of its own. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Auth, PresenceMap, PresenceState, type Resource } from "../../src/index.ts"
import { run } from "../cli/cliProcess.ts"

const rooms = 100

const room = (index: number): Resource => ({
  type: "dataset",
  projectId: "demo",
  dataset: `dataset-${index}`
})

const everyRoom = Array.from({ length: rooms }, (_, index) => room(index))

/** What a gauge of the relay says. */
const gauge = (url: string, name: string) =>
  Effect.promise(async () => {
    const text = await (await fetch(`${url}/metrics`)).text()
    const line = new RegExp(`^sanity_presence_relay_${name} (\\d+)$`, "m").exec(text)
    assert(line !== null, `no ${name} in\n${text}`)
    return Number(line[1])
  })

const until = Effect.fnUntraced(function* (what: string, isSo: Effect.Effect<boolean>) {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (yield* isSo) return
    yield* Effect.sleep("100 millis")
  }
  assert.fail(`never: ${what}`)
})

/** Everyone in every room, as one process of this user; the connections end with the scope. */
const enterAll = Effect.fnUntraced(function* (url: string, user: string) {
  const start = performance.now()
  const context = yield* Layer.build(
    PresenceMap.layer({ apiHost: url, idleTimeToLive: "0 millis" }).pipe(
      Layer.provide(Auth.layerToken(user))
    )
  )
  const map = Context.get(context, PresenceMap)
  const entered = yield* Effect.forEach(
    everyRoom,
    (resource) => Effect.tap(map.in(resource), ({ ready }) => ready),
    { concurrency: "unbounded" }
  )
  return { entered, millis: Math.round(performance.now() - start) }
})

describe("a hundred rooms in one process", () => {
  it.live("are as many connections, see who is where, and end without a trace", () =>
    Effect.gen(function* () {
      const relay = yield* run("relay", "--auth", "development", "--port", "0")
      const url = yield* relay.url
      const before = process.memoryUsage().rss
      const stopped = yield* Effect.scoped(
        Effect.gen(function* () {
          const ours = yield* enterAll(url, "p-bot")
          const memory = process.memoryUsage().rss - before
          assert.strictEqual(yield* gauge(url, "connections"), rooms)
          assert.strictEqual(yield* gauge(url, "rooms"), rooms)
          // Somebody else is in every one of them, in a document that is named after it.
          const others = yield* enterAll(url, "p-ada")
          for (const [index, presence] of others.entered.entries()) {
            yield* presence.report([{ documentId: `document-${index}` }])
          }
          yield* until(
            "each room shows its own document",
            Effect.map(
              Effect.forEach(ours.entered, ({ state }) => SubscriptionRef.get(state)),
              (states) =>
                states.every(
                  (state, index) =>
                    PresenceState.toArray(state)
                      .flatMap(({ locations }) => locations.map(({ documentId }) => documentId))
                      .join() === `drafts.document-${index}`
                )
            )
          )
          console.log(
            `${rooms} rooms: all ready after ${ours.millis} ms (1 s of it to hear who answers), ${Math.round(memory / rooms / 1024)} kB each`
          )
          return performance.now()
        })
      )
      const closing = Math.round(performance.now() - stopped)
      yield* until(
        "the relay has no connection, no room and no session",
        Effect.map(
          Effect.all(["connections", "rooms", "sessions"].map((name) => gauge(url, name))),
          (all) => all.every((count) => count === 0)
        )
      )
      console.log(`${2 * rooms} connections closed in ${closing} ms`)
    })
  )
})
