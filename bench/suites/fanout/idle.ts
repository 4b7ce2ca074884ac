/** What memory a server holds for connections that have joined a room and are silent. */
import { strictEqual } from "node:assert/strict"
import * as Effect from "effect/Effect"
import type { Measure } from "../../suite.ts"
import { Crowd, sleep } from "./Crowd.ts"
import type { ContenderKey } from "./protocols.ts"
import { startServer } from "./Server.ts"

/**
 * - `first`: as many are there before, and stay: what the first of all cost is not counted. If they left,
 *   the others would move into memory that counts as taken.
 * - `rest`: milliseconds of silence before memory is read.
 */
export interface Input {
  readonly contender: ContenderKey
  readonly members: number
  readonly first: number
  readonly rest: number
  readonly bytes: number
}

/**
 * The young generation is as large for everyone, from the start: how far V8 lets it grow says more of how
 * fast they came than of how many are there. Megabytes for each of its halves.
 */
const youngGeneration = ["--min-semi-space-size=16", "--max-semi-space-size=16"]

export const measure: Measure<Input> = ({ bytes, contender, first, members, rest }) =>
  Effect.gen(function* () {
    const { ask, protocol, url } = yield* startServer(contender, undefined, youngGeneration)
    return yield* Effect.promise(async () => {
      const size = { senders: 1, bytes }
      // Behind the others by name, since it is the others who are spoken to.
      await Crowd.join(url, protocol, { members: first, ...size }, members)
      await sleep(rest)
      const before = await ask("collected")
      const crowd = await Crowd.join(url, protocol, { members, ...size })
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
