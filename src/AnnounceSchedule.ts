/**
 * When to announce: on change, on a roll call, on reconnect, and while idle. Pure; all times are
 * milliseconds of one monotonic clock.
 */
import { isSameLocations, type Location } from "./Location.ts"

/** The intervals that the schedule keeps, in milliseconds. */
export interface Intervals {
  readonly announceInterval: number
  readonly announceWindow: number
}

/**
 * - `current`: what to announce; undefined until the first report, which keeps the session silent.
 * - `announced`: what was announced last on this connection.
 * - `lastAt`: when the last announce went out.
 * - `changeAt`: when the pending change is due, `answerAt` the pending answer to a roll call.
 * - `deniedAt`: when it was last denied that this session is gone.
 * - `connected`: while not, nothing is due.
 */
export interface AnnounceSchedule {
  readonly current: ReadonlyArray<Location> | undefined
  readonly announced: ReadonlyArray<Location> | undefined
  readonly lastAt: number | undefined
  readonly changeAt: number | undefined
  readonly answerAt: number | undefined
  readonly deniedAt: number | undefined
  readonly connected: boolean
}

/** Silent: nothing was reported. */
export const initial: AnnounceSchedule = {
  current: undefined,
  announced: undefined,
  lastAt: undefined,
  changeAt: undefined,
  answerAt: undefined,
  deniedAt: undefined,
  connected: false
}

/**
 * Takes a report. A change after a quiet window is due at once, so that others see it without
 * delay; within the window it waits for the end, and the last one wins. One that clears always
 * waits: a component that unmounts is often followed at once by one that reports.
 *
 * What equals the last announce by value is no change; it takes a pending one back.
 */
export const report = (
  schedule: AnnounceSchedule,
  locations: ReadonlyArray<Location>,
  now: number,
  { announceWindow }: Intervals
): AnnounceSchedule => {
  const { announced, changeAt, lastAt } = schedule
  const next = { ...schedule, current: locations }
  const isPending = changeAt !== undefined && schedule.current !== undefined
  if (isPending && isSameLocations(schedule.current, locations)) return next
  if (announced !== undefined && isSameLocations(announced, locations)) {
    return { ...next, changeAt: undefined }
  }
  const windowEnd = lastAt === undefined ? now : Math.max(now, lastAt + announceWindow)
  const clears = locations.length === 0 && announced !== undefined && announced.length > 0
  return { ...next, changeAt: clears ? Math.max(windowEnd, now + announceWindow) : windowEnd }
}

/**
 * Takes another session's roll call, to be answered after `jitter`. Several are answered by one
 * announce; one that went out before the roll call may have been missed by its sender.
 */
export const rollCall = (
  schedule: AnnounceSchedule,
  now: number,
  jitter: number,
  { announceWindow }: Intervals
): AnnounceSchedule => {
  if (schedule.answerAt !== undefined) return schedule
  const windowEnd = schedule.lastAt === undefined ? now : schedule.lastAt + announceWindow
  return { ...schedule, answerAt: Math.max(now + jitter, windowEnd) }
}

/** How long nothing is denied again: whoever forges goodbyes must not make us shout. 1 s. */
const denyInterval = 1_000

/**
 * Somebody says that this session is gone: others may have dropped it, so it announces at once, or as
 * soon as it may deny again.
 */
export const denied = (schedule: AnnounceSchedule, now: number): AnnounceSchedule => {
  if (!isVisible(schedule)) return schedule
  const at = schedule.deniedAt === undefined ? now : Math.max(now, schedule.deniedAt + denyInterval)
  // One that is due by then denies it too; else a flood would put off the next denial for ever.
  if (schedule.answerAt !== undefined && schedule.answerAt <= at) return schedule
  return { ...schedule, answerAt: at, deniedAt: at }
}

/**
 * Somebody who was idle is active again: others learn it at once, not with the next announce. Nothing,
 * where nobody knows of this session, or a change tells them.
 */
export const resumed = (
  schedule: AnnounceSchedule,
  now: number,
  intervals: Intervals
): AnnounceSchedule =>
  isVisible(schedule) && schedule.changeAt === undefined
    ? rollCall(schedule, now, 0, intervals)
    : schedule

/** A new connection: nobody on it has heard us, so what is current is due at once. */
export const connected = (schedule: AnnounceSchedule, now: number): AnnounceSchedule => ({
  ...schedule,
  announced: undefined,
  lastAt: undefined,
  changeAt: now,
  answerAt: undefined,
  connected: true
})

/** The connection is gone, or the page is hidden away: nothing is due until the next one. */
export const disconnected = (schedule: AnnounceSchedule): AnnounceSchedule => ({
  ...schedule,
  connected: false
})

/** When to announce next, or undefined while there is nothing to announce or nobody to hear it. */
export const dueAt = (
  { answerAt, changeAt, connected, current, lastAt }: AnnounceSchedule,
  { announceInterval }: Intervals
): number | undefined => {
  if (!connected || current === undefined) return undefined
  const idleAt = lastAt === undefined ? undefined : lastAt + announceInterval
  const times = [changeAt, answerAt, idleAt].filter((at) => at !== undefined)
  return times.length === 0 ? undefined : Math.min(...times)
}

/** An announce of what is current goes out. */
export const sent = (schedule: AnnounceSchedule, now: number): AnnounceSchedule => ({
  ...schedule,
  announced: schedule.current,
  lastAt: now,
  changeAt: undefined,
  answerAt: undefined
})

/** Whether others may know of this session, so that a goodbye means something. */
export const isVisible = ({ announced, connected }: AnnounceSchedule): boolean =>
  connected && announced !== undefined
