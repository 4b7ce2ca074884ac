import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { relay } from "../relay/relayTest.ts"
import { at, connect, until, untilStatus } from "./client.ts"
import { heapUsed } from "./heap.ts"

/** What keeps a process alive, by kind; loading tests in between is none of ours. */
const openHandles = () => {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

describe("closing", () => {
  relay(
    "[C9] leaves no socket, timer or memory behind: 1,000 connections, one after another",
    (url) =>
      Effect.gen(function* () {
        const cycle = Effect.fnUntraced(function* (n: number) {
          const client = yield* connect({ url, token: "p-ada" })
          // Closed in every state: while it opens, when it is connected, when it has announced.
          if (n % 3 > 0) yield* untilStatus(client, "Connected")
          if (n % 3 > 1) yield* client.presence.report(at(`f${n}`))
          yield* client.close
          return client
        })
        const watcher = yield* connect({ url, token: "p-watcher" })
        yield* untilStatus(watcher, "Connected")
        // Until code is compiled and pools are filled, the heap grows whatever is done.
        for (let n = 0; n < 800; n++) yield* Effect.scoped(cycle(n))
        const before = yield* heapUsed
        const handles = openHandles()
        for (let n = 0; n < 1_000; n++) yield* Effect.scoped(cycle(n))
        yield* until(
          "all handles are gone",
          Effect.sync(() => {
            const now = openHandles()
            return (
              (now.get("TCPSocketWrap") ?? 0) <= (handles.get("TCPSocketWrap") ?? 0) &&
              (now.get("Timeout") ?? 0) <= (handles.get("Timeout") ?? 0) + 2
            )
          })
        )
        yield* until(
          "nobody is left in the room",
          Effect.map(watcher.sessions, (sessions) => sessions.length === 0)
        )
        const after = yield* heapUsed
        assert.isBelow(after - before, 1.5)
        console.log(
          `1,000 connect/close cycles: heap ${before.toFixed(1)} MB before, ${after.toFixed(1)} MB after; handles ${JSON.stringify([...openHandles()])}`
        )
      })
  )
})
