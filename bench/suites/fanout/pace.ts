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

/** Every sender sends again as soon as it has its own; the room has as many in flight as it has senders. */
export const burst = async (crowd: Crowd, millis: number): Promise<void> => {
  const ends = now() + millis
  crowd.onEcho = (sender) => {
    if (now() < ends) crowd.send(sender)
  }
  for (let sender = 0; sender < crowd.size.senders; sender++) crowd.send(sender)
  await sleep(millis)
}
