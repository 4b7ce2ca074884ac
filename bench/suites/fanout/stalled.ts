/** What those who stop reading cost the server, and the others. */
import { strictEqual } from "node:assert/strict"
import * as Effect from "effect/Effect"
import { percentile } from "../../statistics.ts"
import type { Measure } from "../../suite.ts"
import { Crowd, type Size, sleep } from "./Crowd.ts"
import { move } from "./pace.ts"
import type { ContenderKey } from "./protocols.ts"
import { type Server, startServer } from "./Server.ts"

/**
 * - `oneIn`: of so many members, one stops reading. None of the senders does.
 * - `before`, `millis`: milliseconds with and without everyone reading.
 */
export interface Input extends Size {
  readonly contender: ContenderKey
  readonly oneIn: number
  readonly before: number
  readonly millis: number
}

const hertz = 8

/** How often the memory of the server is read, in milliseconds. */
const interval = 250

/** How long those who read again may take until they have it all, or see that they are closed. */
const catchUp = 10_000

/** Reads the memory of a server until it is told to end; gives the most there was. */
const watch = (server: Server) => {
  const over = new AbortController()
  const most = (async () => {
    let highest = 0
    while (!over.signal.aborted) {
      highest = Math.max(highest, (await server.ask("cost")).rss)
      await sleep(interval)
    }
    return highest
  })()
  return () => {
    over.abort()
    return most
  }
}

/** The 99th percentile of all who read. */
const p99During = async (crowd: Crowd, millis: number) => {
  crowd.latencies = []
  await move(crowd, hertz, millis)
  await crowd.settle()
  const p99 = percentile(crowd.latencies, 0.99)
  crowd.latencies = undefined
  return p99
}

const stall = (crowd: Crowd, oneIn: number) => {
  const { members, senders } = crowd.size
  const sending = new Set(Array.from({ length: senders }, (_, sender) => crowd.memberOf(sender)))
  const count = Math.floor(members / oneIn)
  for (let member = members - 1; member > 0 && crowd.stalled.size < count; member--) {
    if (!sending.has(member)) crowd.stalled.add(member)
  }
  strictEqual(crowd.stalled.size, count, "members who stop reading")
  const stalled = crowd.sockets.filter((_, member) => crowd.stalled.has(member))
  for (const socket of stalled) socket.pause()
  return stalled
}

const scene = async (server: Server, input: Input) => {
  const crowd = await Crowd.join(server.url, server.protocol, input)
  await crowd.calibrate()
  await crowd.verify()
  const reading = await p99During(crowd, input.before)
  const { rss } = await server.ask("collected")
  const stop = watch(server)
  const stalled = stall(crowd, input.oneIn)
  const p99 = await p99During(crowd, input.millis)
  const most = await stop()
  await crowd.verify()
  for (const socket of stalled) socket.resume()
  const isOpen = () => stalled.filter(({ closeCode }) => closeCode === undefined)
  // Those who are still there must come to know the latest of everyone; the others, that they are closed.
  await sleep(Math.min(catchUp, input.millis))
  for (const member of Array.from(crowd.stalled)) {
    if (crowd.sockets[member]?.closeCode === undefined) crowd.stalled.delete(member)
  }
  await crowd.settle()
  await crowd.verify()
  const codes = stalled.flatMap(({ closeCode }) => (closeCode === undefined ? [] : [closeCode]))
  return {
    growth: (most - rss) / 2 ** 20,
    reading,
    withStalled: p99,
    stalled: stalled.length,
    closed: stalled.length - isOpen().length,
    "closed with 1013": codes.filter((code) => code === 1013).length,
    "cut without a code": codes.filter((code) => code === 1006).length
  }
}

export const measure: Measure<Input> = (input) =>
  Effect.gen(function* () {
    const server = yield* startServer(input.contender)
    return yield* Effect.promise(() => scene(server, input))
  }).pipe(Effect.scoped, Effect.runPromise)
