/**
 * What a room shows to readers that are not Effects: people with their names, by session, by user, by
 * document; the connection; and this session itself.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { connecting, type ConnectionStatus } from "./ConnectionStatus.ts"
import type { Location } from "./Location.ts"
import type { Presence } from "./Presence.ts"
import * as PresenceQuery from "./PresenceQuery.ts"
import * as PresenceState from "./PresenceState.ts"
import { type SessionId, UserId } from "./Session.ts"
import * as StateSource from "./StateSource.ts"
import { profileOf, type Profiles, type UserProfile, type Users } from "./Users.ts"

/**
 * Someone else in the room; the same person in two tabs is two. Until the profile is known, the
 * name is the id.
 */
export interface UserPresence {
  readonly user: UserProfile
  readonly sessionId: SessionId
  readonly locations: ReadonlyArray<Location>
  /** Known from before the connection was lost, and not heard from since. */
  readonly stale: boolean
  /** Whether they do something, by this machine's clock. */
  readonly activity: PresenceState.Activity
}

/** Someone else at one place in a document; in two places, they are listed twice. */
export interface DocumentPresence extends PresenceQuery.DocumentLocation {
  readonly user: UserProfile
}

/** Someone else with all of their sessions: one person, however many tabs. */
export interface UserSessions {
  readonly user: UserProfile
  readonly sessions: ReadonlyArray<UserPresence>
}

/**
 * This session. Without an id while nothing runs; without locations before the first report; without
 * a user until it is known whose the token is.
 */
export interface Self {
  readonly sessionId: SessionId | undefined
  readonly locations: ReadonlyArray<Location> | undefined
  readonly user: UserProfile | undefined
}

/** The sources of a room. */
export interface Sources {
  readonly getPresenceLocations: () => StateSource.StateSource<ReadonlyArray<UserPresence>>
  readonly getDocumentPresence: (
    query: PresenceQuery.DocumentQuery
  ) => StateSource.StateSource<ReadonlyArray<DocumentPresence>>
  readonly getUserPresence: (userId: string) => StateSource.StateSource<ReadonlyArray<UserPresence>>
  readonly getUsers: () => StateSource.StateSource<ReadonlyArray<UserSessions>>
  readonly getStatus: () => StateSource.StateSource<ConnectionStatus>
  readonly getSelf: () => StateSource.StateSource<Self>
}

/**
 * - `all`: the sources, whoever is attached.
 * - `attach`: what runs now shows in them; `detach`: nothing does, and the connection is so.
 */
export interface RoomSources {
  readonly all: Sources
  readonly attach: (presence: Presence["Service"], users: Users["Service"] | undefined) => void
  readonly detach: (status: ConnectionStatus) => void
}

interface Room {
  /** Calls `changed` after every change in a document, and `check` where one may have been before. */
  readonly watch: (publishedId: string, changed: () => void, check: () => void) => () => void
  readonly state: StateSource.StateSource<PresenceState.PresenceState>
  readonly profiles: StateSource.StateSource<Profiles>
  readonly status: StateSource.StateSource<ConnectionStatus>
  readonly self: StateSource.StateSource<Self>
}

const nobody: ReadonlyArray<never> = []
const noSelf: Self = { sessionId: undefined, locations: undefined, user: undefined }

/** The same room, whose parts move on together. */
const inStep = (room: Room, pace: StateSource.Pace): Room => {
  const { add, watch } = StateSource.inStep(pace)
  return {
    state: add(room.state),
    profiles: add(room.profiles),
    status: add(room.status),
    self: add(room.self),
    watch: (publishedId, changed, check) =>
      watch((notify) => room.watch(publishedId, notify, notify), changed, check)
  }
}

/** Remembers each item's form for readers for as long as its user's profile is the same. */
const withUser = <A extends object, B extends { readonly user: UserProfile }>(
  userOf: (item: A) => UserId,
  show: (item: A, user: UserProfile) => B
) => {
  const cache = new WeakMap<A, B>()
  return (item: A, profiles: Profiles): B => {
    const user = profileOf(profiles, userOf(item))
    const known = cache.get(item)
    if (known !== undefined && isSameProfile(known.user, user)) return known
    const shown = show(item, user)
    cache.set(item, shown)
    return shown
  }
}

const isSameProfile = (a: UserProfile, b: UserProfile): boolean =>
  a.displayName === b.displayName && a.imageUrl === b.imageUrl

/** The identical array, until one of its elements changes. */
const stable = <A>(): ((next: ReadonlyArray<A>) => ReadonlyArray<A>) => {
  let last: ReadonlyArray<A> = nobody
  return (next) => {
    last = PresenceQuery.keepIdentical(last, next)
    return last
  }
}

/** Computes anew only for other inputs. */
const remember = <A, B, C>(f: (a: A, b: B) => C): ((a: A, b: B) => C) => {
  let known: { readonly a: A; readonly b: B; readonly result: C } | undefined
  return (a, b) => {
    if (known === undefined || known.a !== a || known.b !== b) known = { a, b, result: f(a, b) }
    return known.result
  }
}

const followAll =
  (
    ...sources: ReadonlyArray<(room: Room) => Pick<StateSource.StateSource<unknown>, "subscribe">>
  ) =>
  (room: Room, notify: () => void) => {
    const ends = sources.map((source) => source(room).subscribe(notify))
    return () => ends.forEach((end) => end())
  }

const followPeople = followAll(
  ({ state }) => state,
  ({ profiles }) => profiles
)

/**
 * Sources that nobody is attached to yet.
 *
 * @param hold runs with the first subscriber of a source; what it returns runs after its last one
 * @param pace at which all of them move on together; else each does with every change
 */
export const make = (hold: () => () => void, pace?: StateSource.Pace): RoomSources => {
  const origin = StateSource.makeOrigin<Room>(hold)
  let status: ConnectionStatus = connecting

  const showSession = withUser(
    ({ userId }: PresenceState.PresenceSession) => userId,
    ({ activity, locations, sessionId, stale }, user): UserPresence => ({
      user,
      sessionId,
      locations,
      stale,
      activity
    })
  )
  const showPlace = withUser(
    ({ userId }: PresenceQuery.DocumentLocation) => userId,
    (place, user): DocumentPresence => ({ ...place, user })
  )
  const derivePeople = <A>(
    read: (state: PresenceState.PresenceState, profiles: Profiles) => ReadonlyArray<A>
  ) => {
    const keep = stable<A>()
    const shown = remember((state: PresenceState.PresenceState, profiles: Profiles) =>
      keep(read(state, profiles))
    )
    return origin.derive<ReadonlyArray<A>>({
      initial: nobody,
      read: (room) =>
        room === undefined ? nobody : shown(room.state.getCurrent(), room.profiles.getCurrent()),
      follow: followPeople
    })
  }

  const locations = derivePeople((state, profiles) =>
    PresenceState.toArray(state).map((session) => showSession(session, profiles))
  )
  const grouped = groups()
  const users = derivePeople((state, profiles) =>
    grouped(PresenceState.toArray(state).map((session) => showSession(session, profiles)))
  )
  const statusSource = origin.derive<ConnectionStatus>({
    initial: connecting,
    read: (room) => (room === undefined ? status : room.status.getCurrent()),
    follow: followAll((room) => room.status)
  })
  const self = origin.derive<Self>({
    initial: noSelf,
    read: (room) => (room === undefined ? noSelf : room.self.getCurrent()),
    follow: followAll((room) => room.self)
  })

  return {
    all: {
      getPresenceLocations: () => locations,
      getUsers: () => users,
      getStatus: () => statusSource,
      getSelf: () => self,
      getUserPresence: (userId) => {
        const id = UserId.make(userId)
        return derivePeople((state, profiles) =>
          PresenceQuery.ofUser(state, id).map((session) => showSession(session, profiles))
        )
      },
      getDocumentPresence: (query) => {
        const prepared = PresenceQuery.prepare(query)
        const keep = stable<DocumentPresence>()
        const shown = remember(
          (places: ReadonlyArray<PresenceQuery.DocumentLocation>, profiles: Profiles) =>
            keep(places.map((place) => showPlace(place, profiles)))
        )
        return origin.derive<ReadonlyArray<DocumentPresence>>({
          initial: nobody,
          read: (room) => {
            if (room === undefined) return nobody
            const places = PresenceQuery.inDocument(room.state.getCurrent(), prepared)
            return shown(places, room.profiles.getCurrent())
          },
          follow: (room, check, changed) => {
            // What happens in a document is another answer, where the whole of it was asked for.
            const { exactId, path, publishedId } = prepared
            const isWhole = exactId === undefined && path === undefined
            const unwatch = room.watch(publishedId, isWhole ? changed : check, check)
            const unsubscribe = room.profiles.subscribe(check)
            return () => {
              unwatch()
              unsubscribe()
            }
          }
        })
      }
    },

    attach: (presence, users) => {
      const profiles =
        users === undefined
          ? StateSource.constant<Profiles>(HashMap.empty())
          : StateSource.fromSubscriptionRef(users.profiles)
      const user =
        users === undefined
          ? StateSource.constant(Option.none<UserId>())
          : StateSource.fromSubscriptionRef(users.self)
      const { sessionId } = presence
      const room: Room = {
        watch: presence.watch,
        state: StateSource.fromSubscriptionRef(presence.state),
        profiles,
        status: StateSource.fromSubscriptionRef(presence.status),
        self: StateSource.zipWith(
          StateSource.fromSubscriptionRef(presence.reported),
          StateSource.zipWith(user, profiles, ownProfile()),
          (reported, user) => ({ sessionId, locations: reported, user })
        )
      }
      origin.set(pace === undefined ? room : inStep(room, pace))
    },

    detach: (next) => {
      status = next
      origin.set(undefined)
    }
  }
}

const ownProfile = () => {
  let last: UserProfile | undefined
  return (id: Option.Option<UserId>, profiles: Profiles): UserProfile | undefined => {
    const user = Option.isNone(id) ? undefined : profileOf(profiles, id.value)
    const isSame = last !== undefined && user?.id === last.id && isSameProfile(last, user)
    if (!isSame) last = user
    return last
  }
}

/** People by user, in the order in which their first session joined. */
const groups = () => {
  const cache = new WeakMap<UserPresence, UserSessions>()
  return (people: ReadonlyArray<UserPresence>): ReadonlyArray<UserSessions> => {
    const byUser = new Map<UserId, [UserPresence, ...Array<UserPresence>]>()
    for (const person of people) {
      const sessions = byUser.get(person.user.id)
      if (sessions === undefined) byUser.set(person.user.id, [person])
      else sessions.push(person)
    }
    return Array.from(byUser.values(), (sessions) => {
      const [first] = sessions
      const known = cache.get(first)
      if (
        known !== undefined &&
        PresenceQuery.keepIdentical(known.sessions, sessions) !== sessions
      ) {
        return known
      }
      const group = { user: first.user, sessions }
      cache.set(first, group)
      return group
    })
  }
}
