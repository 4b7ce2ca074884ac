/**
 * Who a participant is: the ids that Bifur's events carry, and the key under which a session is
 * kept.
 */
import * as Schema from "effect/Schema"

/**
 * A Sanity user id, as the server stamped it on an event. Ids that start with `p` are project
 * users; `g…` ids are global.
 *
 * @example
 * const ada = UserId.make("p-ada")
 */
export const UserId = Schema.String.pipe(Schema.brand("effect-sanity-presence/UserId"))
export type UserId = typeof UserId.Type

/**
 * One lifetime of one participant, for instance one tab. Chosen by the participant: it is the
 * sender's word, so it identifies a session only together with the user id.
 *
 * @example
 * const session = SessionId.make("0b1c9d3a7e524f68")
 */
export const SessionId = Schema.String.pipe(Schema.brand("effect-sanity-presence/SessionId"))
export type SessionId = typeof SessionId.Type

/** The pair of user id and session id as one string, for maps. Made by {@link sessionKey}. */
export const SessionKey = Schema.String.pipe(Schema.brand("effect-sanity-presence/SessionKey"))
export type SessionKey = typeof SessionKey.Type

/**
 * The key of a session: the pair of user id and session id, so that nobody can move or end a
 * session of another user by naming its id.
 *
 * The length in front keeps two different pairs from meeting in one string, whatever characters
 * the ids hold.
 *
 * @example
 * sessionKey(UserId.make("p-ada"), SessionId.make("s1")) // "5:p-adas1"
 */
export const sessionKey = (userId: UserId, sessionId: SessionId): SessionKey =>
  SessionKey.make(`${userId.length}:${userId}${sessionId}`)
