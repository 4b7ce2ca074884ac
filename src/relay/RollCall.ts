/**
 * `presence_rollcall`: who is in the room, answered from its table or passed on to everyone.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Method } from "../bifur/BifurEvent.ts"
import { SessionId } from "../Session.ts"
import { done, type Handler, invalidParams } from "./Answer.ts"
import { monotonicNow } from "./Clock.ts"
import type { Present } from "./Member.ts"
import type { RelaySettings } from "./RelayOptions.ts"

const decodeSession = Schema.decodeUnknownOption(Schema.Struct({ session: SessionId }))

/** The session that `presence_rollcall` and `presence_disconnect` are about. */
export const sessionOf = (params: unknown): SessionId | undefined =>
  Option.getOrUndefined(decodeSession(params))?.session

/** Answers roll calls. */
export const makeRollCall =
  (settings: Pick<RelaySettings, "rollCall" | "rollCallInterval">): Handler =>
  (member, params) => {
    const session = sessionOf(params)
    if (session === undefined) return invalidParams(Method.rollCall, "{session}")
    const { connection, room, user } = member
    const forward = (): void =>
      room.publish([room.table.rollCall(connection.owner, user.id, session, monotonicNow())])
    const answerFromTable = (): void => {
      if (room.isSubscribed(connection)) room.answerRollCall(connection)
    }
    atMostOncePer(
      settings.rollCallInterval,
      member,
      settings.rollCall === "forward" ? forward : answerFromTable
    )
    return done
  }

/** A roll call is as large as the room; what is asked within the interval is answered once, after it. */
const atMostOncePer = (interval: number, member: Present, callRoll: () => void): void => {
  const callNow = (): void => {
    member.rollCallTimer = undefined
    member.rollCalledAt = monotonicNow()
    callRoll()
  }
  if (member.rollCallTimer !== undefined) return
  const wait = member.rollCalledAt + interval - monotonicNow()
  if (wait <= 0) callNow()
  else member.rollCallTimer = setTimeout(callNow, wait)
}
