/** How many batches come of so many events, where what is close together goes out at once. Pure. */

/**
 * The least time between two batches in a room, in seconds: the relay's `batchInterval` of 10 ms, and what
 * its timer, which takes whole milliseconds, adds to it.
 */
export const window = 0.0109

/**
 * What goes out of one room on one node in a second.
 *
 * - `batches`: writes to each member.
 * - `late`: of them, those that had to wait for a timer.
 * - `messages`: to each other node: batches with an event of a member of this one.
 */
export interface Batches {
  readonly batches: number
  readonly late: number
  readonly messages: number
}

/**
 * Of things that come in at random: the next batch is due a window after the last one, or when something
 * comes in after that. Few are all batches of their own; however many there are, there are no more than
 * one per window.
 *
 * @param own events per second of members of this node
 * @param arrivals these, and messages of other nodes
 */
const batchesOf = (own: number, arrivals: number): Batches => {
  const quiet = Math.exp(-arrivals * window)
  const batches = 1 / (window + quiet / arrivals)
  // After a quiet window one thing goes out by itself; else all that came in one.
  const withOwn = quiet * (own / arrivals) + (1 - Math.exp(-own * window))
  return { batches, late: batches * (1 - quiet), messages: batches * withOwn }
}

/**
 * A room on several nodes that are alike. What comes in on each are the events of its own members, and a
 * message for each batch of the other nodes.
 *
 * @param own events per second from members of one node
 * @param nodes on which the room is; a fraction is a mean
 *
 * @example
 * batchesIn(4_000, 1).batches // about 92
 */
export const batchesIn = (own: number, nodes: number): Batches => {
  if (own === 0) return { batches: 0, late: 0, messages: 0 }
  let messages = own
  // What a node sends depends on what it gets: the mean of both sides of the equation closes in on it.
  for (let step = 0; step < 60; step++) {
    messages = (messages + batchesOf(own, own + (nodes - 1) * messages).messages) / 2
  }
  return batchesOf(own, own + (nodes - 1) * messages)
}
