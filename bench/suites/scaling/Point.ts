/** What a deployment is asked to carry. */

/**
 * - `isJoined`: whether the nodes speak to NATS; several always do.
 * - `members`: of each room, spread evenly over the nodes.
 * - `hertz`: how often a second each of them says where it is.
 * - `bytes`: of an event as it is received.
 */
export interface Point {
  readonly nodes: number
  readonly isJoined: boolean
  readonly rooms: number
  readonly members: number
  readonly hertz: number
  readonly bytes: number
}
