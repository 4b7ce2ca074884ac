/**
 * How long a server is silent when all is well, learned from what it sends, and whether the machine
 * slept. Pure; all times are milliseconds.
 */

/**
 * - `heardAt`: when the last frame came, to within a second, on the clock that only goes forward.
 * - `longestGap`: the longest silence that a frame has ended. Kept from one connection to the next.
 * - `isWatched`: code has run all the time since then; else the silence may not be the server's.
 * - `lookedAt`, `lookedWall`: when anything last happened, on that clock and on the wall.
 */
export interface Liveness {
  readonly heardAt: number
  readonly longestGap: number
  readonly isWatched: boolean
  readonly lookedAt: number
  readonly lookedWall: number
}

/** Nothing heard, nothing learned. */
export const initial = (now: number, wall: number): Liveness => ({
  heardAt: now,
  longestGap: 0,
  isWatched: true,
  lookedAt: now,
  lookedWall: wall
})

/** How often to look whether the machine has slept. 5 s: people are not back to work sooner. */
const lookInterval = 5_000

/**
 * How far the wall clock may run ahead before it must have been a sleep. 5 s: corrections by a
 * time server are smaller.
 */
const wallTolerance = 5_000

/** The longest time between two looks of a page whose timers are throttled to one a minute. */
const throttledMax = 75_000

/** Three times the longest silence: two frames may be late or lost. */
const patience = 3

/** When to look next, if nothing happens before. */
export const nextLook = ({ lookedAt }: Liveness): number => lookedAt + lookInterval

/**
 * When the silence has become suspicious.
 *
 * @param silenceMin it never is before this long
 */
export const silentAt = ({ heardAt, longestGap }: Liveness, silenceMin: number): number =>
  heardAt + Math.max(silenceMin, patience * longestGap)

/**
 * Whether the machine slept since the last look: the wall clock went on while the other one stood
 * still, or both did while no code ran, for longer than throttling explains.
 */
export const hasSlept = (
  { lookedAt, lookedWall }: Liveness,
  now: number,
  wall: number
): boolean => {
  const passed = now - lookedAt
  return wall - lookedWall - passed > wallTolerance || passed > throttledMax
}

const isInTime = ({ lookedAt }: Liveness, now: number): boolean =>
  now - lookedAt <= 2 * lookInterval

/** Within this time of another, a frame is no news of a silence. 1 s: those of interest are far longer. */
const heardInterval = 1_000

/** Whether a frame was heard within the last second, by both clocks: the next one teaches nothing. */
export const hasJustHeard = (
  { heardAt, lookedAt, lookedWall }: Liveness,
  now: number,
  wall: number
): boolean =>
  now - heardAt < heardInterval && Math.abs(wall - lookedWall - (now - lookedAt)) < heardInterval

/** Looks: after a sleep, the silence begins anew. */
export const look = (liveness: Liveness, now: number, wall: number): Liveness => {
  const slept = hasSlept(liveness, now, wall)
  return {
    ...liveness,
    heardAt: slept ? now : liveness.heardAt,
    isWatched: slept || (liveness.isWatched && isInTime(liveness, now)),
    lookedAt: now,
    lookedWall: wall
  }
}

/**
 * Looks, because a frame came or the socket opened. A silence teaches nothing that may have been a
 * sleep, or that a request of ours has ended.
 */
export const hear = (
  liveness: Liveness,
  now: number,
  wall: number,
  isUnasked: boolean
): Liveness => {
  const { heardAt, isWatched, longestGap } = look(liveness, now, wall)
  return {
    heardAt: now,
    longestGap: isUnasked && isWatched ? Math.max(longestGap, now - heardAt) : longestGap,
    isWatched: true,
    lookedAt: now,
    lookedWall: wall
  }
}
