/**
 * The connections of providers that are gone and linger: a provider that comes right back, in another
 * place of the tree for instance, goes on with the same session.
 */
import { makeOwner, type PresenceOptions, type PresenceOwner } from "../createPresence.ts"

/** What makes a room another one, compared part by part. */
export type Identity = ReadonlyArray<unknown>

/** A provider's room, and its connection to it. */
export interface Room {
  readonly identity: Identity
  readonly owner: PresenceOwner
}

/** Whether two identities name the same room. */
export const isSame = (a: Identity, b: Identity): boolean =>
  a.every((part, index) => part === b[index])

/**
 * With the token that each was last used with. Only what lingers: whoever is in use is somebody else,
 * in the same room or not.
 */
const lingering = new Map<Room, string | undefined>()

/**
 * The room that lingers for this token, or a new one. Making one has no effect but memory, and taking
 * one over only takes back what a tree reported that is gone, so rendering may do it more than once, and
 * for a tree that is never mounted.
 */
export const roomFor = (identity: Identity, options: PresenceOptions): Room => {
  for (const [room, token] of lingering) {
    if (token !== options.token || !isSame(room.identity, identity)) continue
    const { handle } = room.owner
    if ((handle.getSelf().getCurrent().locations ?? []).length > 0) handle.reportPresence([])
    return room
  }
  return { identity, owner: makeOwner(options) }
}

/** A provider uses the room. Gives what to call when it is gone: then the next one may take it over. */
export const enter = (room: Room): ((token: string | undefined) => void) => {
  lingering.delete(room)
  const release = room.owner.handle.hold()
  return (token) => {
    release()
    lingering.set(room, token)
    setTimeout(() => lingering.delete(room), room.owner.linger)
  }
}
