/**
 * What comes in on connections, no faster than the relay takes it: nobody's requests hold up those of
 * the others.
 */
import { monotonicNow } from "./Clock.ts"
import { isHeldUp, type Member } from "./Member.ts"
import type { RelayCounts } from "./RelayCounts.ts"
import type { RelaySettings } from "./RelayOptions.ts"

/** Takes in text frames and pings. */
export interface Intake {
  readonly receive: (member: Member, text: string) => void
  /** Whether a ping may be answered: a pong is a frame as well. */
  readonly ping: (member: Member) => boolean
}

/**
 * Hands on what a connection may send in a second. With what is beyond it reading stops: it waits in the
 * network, and what had come in the same read, 64 KiB at most, waits here. Nothing is refused for it.
 *
 * @example
 * const intake = makeIntake(makeRequests(authorizer, settings, counts), settings, counts)
 */
export const makeIntake = (
  handle: (member: Member, text: string) => void,
  { maxRequestsPerSecond }: Pick<RelaySettings, "maxRequestsPerSecond">,
  counts: Pick<RelayCounts, "pausesForRequests">
): Intake => {
  const holdBack = (member: Member): Array<string> => {
    const { connection, pace } = member
    const behind: Array<string> = []
    member.behind = behind
    counts.pausesForRequests++
    connection.pause()
    member.paceTimer = setTimeout(() => goOn(member, behind), pace.rest(monotonicNow()))
    return behind
  }

  const goOn = (member: Member, behind: Array<string>): void => {
    const { connection, pace } = member
    const now = monotonicNow()
    let taken = 0
    for (const text of behind) {
      if (!pace.admits(text.length, now, maxRequestsPerSecond)) break
      taken++
      handle(member, text)
    }
    if (taken < behind.length) {
      behind.splice(0, taken)
      member.paceTimer = setTimeout(() => goOn(member, behind), pace.rest(monotonicNow()))
      return
    }
    member.behind = undefined
    if (!isHeldUp(member)) connection.resume()
  }

  /** What still comes after the end is read for its answer; a flood is not waited out. */
  const afterEnd = ({ connection, pace }: Member): void => {
    if (!pace.admits(0, connection.heardAt, maxRequestsPerSecond)) connection.terminate()
  }

  return {
    receive: (member, text) => {
      const { behind, connection, pace } = member
      if (!connection.isOpen) afterEnd(member)
      else if (behind !== undefined) behind.push(text)
      else if (pace.admits(text.length, connection.heardAt, maxRequestsPerSecond)) {
        handle(member, text)
      } else {
        holdBack(member).push(text)
      }
    },
    ping: (member) => {
      const { behind, connection, pace } = member
      if (!connection.isOpen) {
        afterEnd(member)
        return false
      }
      if (behind !== undefined) return false
      if (pace.admits(0, connection.heardAt, maxRequestsPerSecond)) return true
      holdBack(member)
      return false
    }
  }
}
