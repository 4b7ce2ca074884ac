/** What memory a server holds for connections that have joined a room and are silent. */
import { strictEqual } from "node:assert/strict"
import * as Effect from "effect/Effect"
import type { Measure } from "../../suite.ts"
import { Crowd, sleep } from "./Crowd.ts"
import type { ContenderKey } from "./protocols.ts"
import { startServer } from "./Server.ts"

/**
 * - `strangers`: as many have been there, and left, before: what the first of all cost is not counted.
 * - `rest`: milliseconds of silence before memory is read.
 */
export interface Input {
  readonly contender: ContenderKey
  readonly members: number
  readonly strangers: number
  readonly rest: number
  readonly bytes: number
}

export const measure: Measure<Input> = ({ bytes, contender, members, rest, strangers }) =>
  Effect.gen(function* () {
    const { ask, protocol, url } = yield* startServer(contender)
    return yield* Effect.promise(async () => {
      const first = await Crowd.join(url, protocol, { members: strangers, senders: 1, bytes })
      await first.leave()
      await sleep(rest)
      const before = await ask("collected")
      const crowd = await Crowd.join(url, protocol, { members, senders: 1, bytes })
      await sleep(rest)
      const after = await ask("collected")
      strictEqual(crowd.sockets.filter(({ closeCode }) => closeCode === undefined).length, members)
      await crowd.calibrate()
      await crowd.verify()
      return {
        resident: (after.rss - before.rss) / members,
        heap: (after.heap - before.heap) / members
      }
    })
  }).pipe(Effect.scoped, Effect.runPromise)
