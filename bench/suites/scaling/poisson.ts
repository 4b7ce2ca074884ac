/** Events that have nothing to do with each other, as those of many people. */
import { makeRandom } from "../../../test/support/random.ts"
import { type Crowd, now, sleep } from "../fanout/Crowd.ts"

/**
 * Sends at random moments, so many a second in all, each in a room taken at random. In a room the members
 * take turns: nobody sends so often that the relay would leave anything out.
 */
export const drift = async (
  crowds: ReadonlyArray<Crowd>,
  perSecond: number,
  millis: number
): Promise<void> => {
  if (perSecond === 0) return sleep(millis)
  const random = makeRandom(7)
  const wait = () => (-Math.log(1 - random()) * 1_000) / perSecond
  const turns = crowds.map(() => 0)
  const started = now()
  let due = wait()
  for (let elapsed = 0; elapsed < millis; elapsed = now() - started) {
    for (; due <= elapsed; due += wait()) {
      const room = Math.floor(random() * crowds.length)
      const crowd = crowds[room]
      const turn = turns[room] ?? 0
      crowd?.send(turn % crowd.size.senders)
      turns[room] = turn + 1
    }
    await sleep(1)
  }
}
