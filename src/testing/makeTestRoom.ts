/**
 * A room for the tests of an application, without Effect: its components get the layer, and the test
 * is their colleagues.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { resolve } from "../DocumentRef.ts"
import type { Location, ReportedLocation } from "../Location.ts"
import { Presence } from "../Presence.ts"
import * as PresenceConfig from "../PresenceConfig.ts"
import { type SessionId, UserId } from "../Session.ts"
import type { UserProfile } from "../UserProfile.ts"
import { make as makeUsers, Users } from "../Users.ts"
import { type Participant, TestRoom } from "./TestRoom.ts"
import * as TestTransport from "./TestTransport.ts"
import { decode } from "./wire.ts"

/**
 * Somebody else in the room. Everything has been said when the promise resolves; what a component
 * shows follows in its next frame.
 *
 * - `focus`: is in this place now, and nowhere else; `move`: in all of these.
 * - `leave` says goodbye; `crash` says nothing and is never heard again. Once gone is gone: to move
 *   then is refused, as is a document id that Sanity does not allow.
 */
export interface Colleague {
  readonly userId: string
  readonly sessionId: string
  readonly focus: (place: ReportedLocation) => Promise<void>
  readonly move: (places: ReadonlyArray<ReportedLocation>) => Promise<void>
  readonly leave: () => Promise<void>
  readonly crash: () => Promise<void>
}

/**
 * A room in memory.
 *
 * - `layer`: for `<PresenceProvider layer={…}>`, `createPresence({ layer })`, or an Effect. Each time
 *   that it is built, it is one more session of the user `p-self`.
 * - `join`: somebody comes, by the name that is shown: Ada Lovelace is the user `p-ada-lovelace`.
 * - `reported`: where others see what is tested; undefined while they have not heard of it, or no more.
 * - `close`: everybody leaves, and their timers end. To join then is refused.
 */
export interface TestRoomHandle {
  readonly layer: Layer.Layer<Presence | Users>
  readonly join: (name: string, place?: ReportedLocation) => Promise<Colleague>
  readonly reported: () => ReadonlyArray<Location> | undefined
  readonly close: () => Promise<void>
}

const userIdOf = (name: string): UserId =>
  UserId.make(
    `p-${name
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
      .replaceAll(/^-|-$/g, "")}`
  )

/** A mistake of the test's, which would otherwise wait in vain for what never shows. */
const refuse = (reason: string): Promise<never> => Promise.reject(new Error(reason))

const notAllowed = (places: ReadonlyArray<ReportedLocation>): string | undefined => {
  const place = places.find((place) => resolve(place) === undefined)
  return place && `Sanity allows no such document: ${JSON.stringify(place)}`
}

const toColleague = (
  name: string,
  { crash, leave, move, sessionId, userId }: Participant
): Colleague => {
  let isGone = false
  const go = (end: Effect.Effect<void>) => () => {
    isGone = true
    return Effect.runPromise(end)
  }
  const moveTo = (places: ReadonlyArray<ReportedLocation>) => {
    const reason = isGone ? `${name} is gone; join as ${name} again` : notAllowed(places)
    return reason === undefined ? Effect.runPromise(move(places)) : refuse(reason)
  }
  return {
    userId,
    sessionId,
    move: moveTo,
    focus: (place) => moveTo([place]),
    leave: go(leave),
    crash: go(crash)
  }
}

const self = UserId.make("p-self")

/**
 * An empty room of its own. Close it when the test is over.
 *
 * @example
 * const room = makeTestRoom()
 * render(<PresenceProvider layer={room.layer}><BookForm /></PresenceProvider>)
 * const ada = await room.join("Ada Lovelace")
 * await ada.focus({ documentId: "book", path: ["title"] })
 * await screen.findByText("Ada Lovelace")
 */
export const makeTestRoom = (): TestRoomHandle => {
  let isClosed = false
  const scope = Scope.makeUnsafe()
  const layerRoom = Layer.succeed(
    TestRoom,
    Effect.runSync(
      Effect.scoped(
        Effect.provide(
          TestRoom.useSync((room) => room),
          TestRoom.layer
        )
      )
    )
  )
  const inRoom = <A>(effect: Effect.Effect<A, never, TestRoom | Scope.Scope>): Effect.Effect<A> =>
    Scope.provide(Effect.provide(effect, layerRoom), scope)

  const profiles = new Map<UserId, UserProfile>([[self, { id: self, displayName: "Self" }]])
  const layerUsers = Layer.effect(
    Users,
    makeUsers({
      lookup: (ids) =>
        Effect.sync(
          () =>
            new Map(
              ids.flatMap((id) => {
                const profile = profiles.get(id)
                return profile === undefined ? [] : [[id, profile] as const]
              })
            )
        ),
      tokens: Stream.succeed(Option.none()),
      whose: () => Effect.succeed(Option.some(self))
    })
  )
  const layerTransport = Layer.effectContext(
    Effect.flatMap(TestTransport.connect(self), (connection) =>
      Layer.build(TestTransport.layerConnection(connection))
    )
  )

  const { limits } = PresenceConfig.make({})
  const sessions = new Map<SessionId, ReadonlyArray<Location>>()
  const listen = TestRoom.use((room) =>
    room.enter((frame) => {
      const { event } = decode(frame, limits)
      if (event?.userId !== self) return
      if (event._tag === "State") sessions.set(event.sessionId, event.locations)
      if (event._tag === "Disconnect") sessions.delete(event.sessionId)
    })
  )
  Effect.runSync(inRoom(listen))

  return {
    layer: Layer.fresh(
      Layer.merge(Layer.provide(Presence.layer, layerTransport), layerUsers).pipe(
        Layer.provide(layerRoom)
      )
    ),
    join: async (name, place) => {
      const locations = place === undefined ? [] : [place]
      const reason = isClosed
        ? "This room is closed; make one for each test"
        : notAllowed(locations)
      if (reason !== undefined) return refuse(reason)
      const userId = userIdOf(name)
      profiles.set(userId, { id: userId, displayName: name })
      const join = TestRoom.use((room) => room.join({ userId, locations }))
      return toColleague(name, await Effect.runPromise(inRoom(join)))
    },
    reported: () => (sessions.size === 0 ? undefined : Array.from(sessions.values()).flat()),
    close: () => {
      isClosed = true
      return Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
}
