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
import type { Location, ReportedLocation } from "../Location.ts"
import { Presence } from "../Presence.ts"
import * as PresenceConfig from "../PresenceConfig.ts"
import { toLocation } from "../Reporters.ts"
import { type SessionId, UserId } from "../Session.ts"
import type { UserProfile } from "../UserProfile.ts"
import { make as makeUsers, Users } from "../Users.ts"
import { type Participant, TestRoom } from "./TestRoom.ts"
import * as TestTransport from "./TestTransport.ts"
import { decode } from "./wire.ts"

/**
 * Somebody else in the room. Everything has been said when the promise resolves; what a component
 * shows follows in its next frame. Once gone is gone: to move then is refused, as is a document id that
 * Sanity does not allow.
 */
export interface Colleague {
  /** Made of the name: `p-ada-lovelace`. */
  readonly userId: string
  /** Another one for each that joins. */
  readonly sessionId: string
  /** Is in this place now, and nowhere else. */
  readonly focus: (place: ReportedLocation) => Promise<void>
  /** Is in all of these places now, and nowhere else. */
  readonly move: (places: ReadonlyArray<ReportedLocation>) => Promise<void>
  /** Says goodbye. */
  readonly leave: () => Promise<void>
  /** Says nothing, and is never heard again: it goes when its session has expired. */
  readonly crash: () => Promise<void>
}

/** A room in memory, for tests that know no Effect. */
export interface TestRoomHandle {
  /**
   * For `<PresenceProvider layer={…}>`, `createPresence({ layer })`, or an Effect. Each time that it is
   * built, it is one more session of the user `p-self`.
   */
  readonly layer: Layer.Layer<Presence | Users>
  /**
   * Somebody comes, by the name that is shown: Ada Lovelace is the user `p-ada-lovelace`. Without a place
   * they are in no document.
   */
  readonly join: (name: string, place?: ReportedLocation) => Promise<Colleague>
  /** Where others see what is tested; undefined while they have not heard of it, or no more. */
  readonly reported: () => ReadonlyArray<Location> | undefined
  /** Everybody leaves, and their timers end. To join then is refused. */
  readonly close: () => Promise<void>
}

const userIdOf = (name: string): UserId =>
  UserId.make(
    `p-${name
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
      .replaceAll(/^-|-$/g, "")}`
  )

const roomIsClosed = "This room is closed; make one for each test"

/** A mistake of the test's, which would otherwise wait in vain for what never shows. */
const refuse = (reason: string): Promise<never> => Promise.reject(new Error(reason))

const { limits } = PresenceConfig.make({})

/** What is wrong with these places: one that nobody would take in. */
const notAllowed = (places: ReadonlyArray<ReportedLocation>): string | undefined => {
  const place = places.find(
    (place) => toLocation(place, new Date(0).toISOString(), limits) === undefined
  )
  return place && `There is no such place in a document: ${JSON.stringify(place)}`
}

const toColleague = (
  name: string,
  { crash, leave, move, sessionId, userId }: Participant,
  isClosed: () => boolean
): Colleague => {
  let isGone = false
  const go = (end: Effect.Effect<void>) => () => {
    isGone = true
    return Effect.runPromise(end)
  }
  const complaintAbout = (places: ReadonlyArray<ReportedLocation>) => {
    if (isClosed()) return roomIsClosed
    return isGone ? `${name} is gone; join as ${name} again` : notAllowed(places)
  }
  const moveTo = (places: ReadonlyArray<ReportedLocation>) => {
    const reason = complaintAbout(places)
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

/** A room that lives as long as somebody has its layer. */
const makeLayerRoom = (): Layer.Layer<TestRoom> => {
  const room = Effect.provide(
    TestRoom.useSync((room) => room),
    TestRoom.layer
  )
  return Layer.succeed(TestRoom, Effect.runSync(Effect.scoped(room)))
}

/** Users who are called as `profiles` says by the time when they are asked for. */
const layerUsersOf = (profiles: ReadonlyMap<UserId, UserProfile>): Layer.Layer<Users> =>
  Layer.effect(
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

/** Another connection of the user under test, each time that it is built. */
const layerTransport = Layer.effectContext(
  Effect.flatMap(TestTransport.connect(self), (connection) =>
    Layer.build(TestTransport.layerConnection(connection))
  )
)

/** Writes down where the sessions of the user under test say they are. */
const listenTo = (
  sessions: Map<SessionId, ReadonlyArray<Location>>
): Effect.Effect<void, never, TestRoom> => {
  const { limits } = PresenceConfig.make({})
  return Effect.asVoid(
    TestRoom.use((room) =>
      room.enter((frame) => {
        const { event } = decode(frame, limits)
        if (event?.userId !== self) return
        if (event._tag === "State") sessions.set(event.sessionId, event.locations)
        if (event._tag === "Disconnect") sessions.delete(event.sessionId)
      })
    )
  )
}

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
  const layerRoom = makeLayerRoom()
  const inRoom = <A>(effect: Effect.Effect<A, never, TestRoom | Scope.Scope>): Effect.Effect<A> =>
    Scope.provide(Effect.provide(effect, layerRoom), scope)

  const profiles = new Map<UserId, UserProfile>([[self, { id: self, displayName: "Self" }]])
  const sessions = new Map<SessionId, ReadonlyArray<Location>>()
  Effect.runSync(inRoom(listenTo(sessions)))

  return {
    layer: Layer.fresh(
      Layer.merge(Layer.provide(Presence.layer, layerTransport), layerUsersOf(profiles)).pipe(
        Layer.provide(layerRoom)
      )
    ),
    join: async (name, place) => {
      const locations = place === undefined ? [] : [place]
      const userId = userIdOf(name)
      const reason = isClosed ? roomIsClosed : notAllowed(locations)
      if (reason !== undefined) return refuse(reason)
      if (userId === self) return refuse(`${name} is who is tested; take another name`)
      profiles.set(userId, { id: userId, displayName: name })
      const join = TestRoom.use((room) => room.join({ userId, locations }))
      return toColleague(name, await Effect.runPromise(inRoom(join)), () => isClosed)
    },
    reported: () => (sessions.size === 0 ? undefined : Array.from(sessions.values()).flat()),
    close: () => {
      isClosed = true
      return Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
}
