/** When members move. */
import { type Crowd, now, sleep } from "./Crowd.ts"

/**
 * Every sender moves so often a second, each at moments of its own. Gives how late the latest of the
 * moves went out, in milliseconds: those who receive must keep up.
 *
 * @param hertz moves a second of each
 */
export const move = async (crowd: Crowd, hertz: number, millis: number): Promise<number> => {
  const interval = 1_000 / hertz
  const { senders } = crowd.size
  const started = now()
  let latest = 0
  // In steps of the golden ratio: spread over the interval, in the same way in every run.
  const due = Array.from({ length: senders }, (_, sender) => ((sender * 0.618) % 1) * interval)
  for (let elapsed = 0; elapsed < millis; elapsed = now() - started) {
    for (let sender = 0; sender < senders; sender++) {
      const at = due[sender] ?? 0
      if (at > elapsed) continue
      crowd.send(sender)
      latest = Math.max(latest, elapsed - at)
      due[sender] = at + interval
    }
    await sleep(1)
  }
  return latest
}

/**
 * As many states are in flight as told: whenever one has come back to its sender, the next sender sends,
 * each in turn, so that none of them sends more often than people do.
 */
export const burst = async (crowd: Crowd, inFlight: number, millis: number): Promise<void> => {
  const ends = now() + millis
  const { senders } = crowd.size
  let turn = 0
  const sendNext = (): void => crowd.send(turn++ % senders)
  crowd.onEcho = () => {
    if (now() < ends) sendNext()
  }
  for (let n = 0; n < inFlight; n++) sendNext()
  await sleep(millis)
}
