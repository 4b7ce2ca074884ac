/** What a client costs that has nothing to do. The relay and the others are processes of their own. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { startOthers, startRelay } from "../../processes/child.ts"
import type { Figures } from "../../suite.ts"
import { count } from "./counted.ts"

/**
 * - `others`: how many are in the room besides, and announce themselves every 30 s.
 * - `millis`: how long it is measured.
 */
export interface Input {
  readonly others: number
  readonly millis: number
}

/** Where to be: in this document of this room. */
export interface Room {
  readonly url: string
  readonly projectId: string
  readonly dataset: string
  readonly documentId: string
}

/**
 * A client in the room.
 *
 * - `others`: how many others it knows; undefined while it isn't connected.
 */
export interface Client {
  readonly others: () => number | undefined
}

/** Milliseconds after which others announce themselves, as clients of the protocol do. */
const interval = 30_000

/** Milliseconds; by then, joining is over. */
const settled = 5_000

/** How long joining may take, in milliseconds. */
const patience = 20_000

const until = async (isSo: () => boolean) => {
  const start = performance.now()
  while (!isSo()) {
    await sleep(20)
    if (performance.now() - start > patience) throw new Error("the room was not shown")
  }
}

/** @param join imports the client, which must not be loaded before */
export const idle = (
  { millis, others }: Input,
  join: (room: Room) => Promise<Client>
): Promise<Figures> =>
  Effect.gen(function* () {
    const url = yield* startRelay
    const room = { url, projectId: "demo", dataset: "idle", documentId: "book" }
    yield* startOthers({ url, dataset: room.dataset, sessions: others, interval })
    return yield* Effect.promise(async () => {
      const counts = count()
      const client = await join(room)
      await until(() => client.others() === others)
      await sleep(settled)
      globalThis.gc?.()

      const before = counts()
      const processor = process.cpuUsage()
      await sleep(millis)
      const { system, user } = process.cpuUsage(processor)
      const after = counts()
      if (client.others() !== others) throw new Error("the room is not shown any more")

      const perMinute = 60_000 / millis
      return {
        processor: ((user + system) / 1_000) * perMinute,
        timers: (after.timers - before.timers) * perMinute,
        immediates: (after.immediates - before.immediates) * perMinute,
        wakeUps: (after.wakeUps - before.wakeUps) * perMinute,
        sent: (after.sent - before.sent) * perMinute,
        received: (after.received - before.received) * perMinute
      }
    })
  }).pipe(Effect.scoped, Effect.runPromise)
