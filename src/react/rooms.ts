/**
 * The rooms that providers are in. Those who name the same one share a connection and a session, and a
 * provider that comes right back, in another place of the tree for instance, goes on with them.
 */
import { makeControls, type PresenceControls, type PresenceOptions } from "../createPresence.ts"
import { keepIdentical } from "../keepIdentical.ts"
import type { PresenceHandle } from "../PresenceHandle.ts"
import { namedResource } from "../SanityClient.ts"
import { inFrame } from "./frames.ts"

/** What makes a room another one, compared part by part. */
export type Identity = ReadonlyArray<unknown>

/**
 * A room, and the connection to it. The token it was last used with is part of who one is there.
 *
 * - `users`: the providers in it; `waiting`: how often a tree waits for it that is not mounted yet.
 * - `hasReported`: whether anyone reported through the handle itself.
 */
export interface Room {
  readonly identity: Identity
  readonly handle: PresenceHandle
  readonly controls: PresenceControls
  token: string | undefined
  users: number
  waiting: number
  hasReported: boolean
  forgetting: ReturnType<typeof setTimeout> | undefined
}

/** Whether two identities name the same room. */
export const isSame = (a: Identity, b: Identity): boolean => keepIdentical(a, b) === a

/** An app makes another client of the same room whenever its token is renewed, or at every render. */
const clientIdentity = (client: PresenceOptions["client"]): unknown => {
  // Whatever else it is, the connection says what is wrong with it.
  if (typeof client?.config !== "function") return client
  const config = client.config()
  return JSON.stringify([
    config.projectId,
    config.dataset,
    namedResource(config),
    config.apiHost,
    config.useProjectHostname,
    config.withCredentials,
    config.requestTagPrefix
  ])
}

/** The room that the options name, whoever one is there. */
export const identityOf = (options: PresenceOptions): Identity => [
  options.projectId,
  options.dataset,
  options.canvasId,
  options.apiHost,
  options.socketHost,
  options.useProjectHostname,
  clientIdentity(options.client),
  options.layer,
  options.sessionKey
]

/** The token given, else the client's. */
export const tokenOf = ({ client, token }: PresenceOptions): string | undefined =>
  token ?? (typeof client?.config === "function" ? client.config().token : undefined)

const rooms = new Set<Room>()

/** Milliseconds; a room whose connection does not linger is still asked for twice by StrictMode. */
const lingerMin = 100

/** Milliseconds; React mounts what it rendered a while after it may, where it shows a fallback first. */
const mountMax = 1_000

/** Forgets a room that nobody keeps, once its connection has ended too. */
const forgetLater = (room: Room): void => {
  clearTimeout(room.forgetting)
  room.forgetting = setTimeout(
    () => {
      if (room.users > 0 || room.waiting > 0) return
      const isRunning = room.handle.getSelf().getCurrent().sessionId !== undefined
      if (isRunning) forgetLater(room)
      else rooms.delete(room)
    },
    Math.max(lingerMin, room.controls.linger)
  )
}

/**
 * The room of that identity and token, or a new one. Making one has no effect but memory, so rendering
 * may do it more than once, and for a tree that is never mounted.
 */
export const roomFor = (identity: Identity, options: PresenceOptions): Room => {
  const token = tokenOf(options)
  for (const room of rooms) {
    if (room.token === token && isSame(room.identity, identity)) return room
  }
  const controls = makeControls(options, inFrame)
  const room: Room = {
    identity,
    controls,
    handle: {
      ...controls.handle,
      reportPresence: (locations) => {
        room.hasReported = true
        controls.handle.reportPresence(locations)
      }
    },
    token,
    users: 0,
    waiting: 0,
    hasReported: false,
    forgetting: undefined
  }
  // A server renders for many people, and never enters a room.
  if (typeof window !== "undefined") {
    rooms.add(room)
    forgetLater(room)
  }
  return room
}

/** A provider is in the room, until the returned function is called. */
export const enter = (room: Room): (() => void) => {
  rooms.add(room)
  room.users += 1
  const release = room.handle.hold()
  return () => {
    room.users -= 1
    if (room.users === 0) {
      // What the tree reported that is gone. Whoever comes right back reports anew before it is sent.
      if (room.hasReported) room.handle.reportPresence([])
      forgetLater(room)
    }
    release()
  }
}

/**
 * A tree waits for the room before it is mounted, with its provider perhaps. When it is rendered again
 * it finds the same one, still connected.
 */
export const keepUntil = (handle: PresenceHandle, settled: Promise<void>): void => {
  for (const room of rooms) {
    if (room.handle !== handle) continue
    room.waiting += 1
    const release = handle.hold()
    const leave = () => {
      room.waiting -= 1
      forgetLater(room)
      release()
    }
    void settled.then(() => setTimeout(leave, mountMax))
  }
}

/** A provider has another token: that of the room, for all who are in it. */
export const authorize = (room: Room, token: string | undefined): void => {
  room.token = token
  // None is not that of the client with which the room was made.
  room.controls.setToken(token ?? "")
}
