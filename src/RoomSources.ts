/**
 * What a room shows to readers that are not Effects: people with their names, by session, by user, by
 * document; the connection; and this session itself.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { connecting, type ConnectionStatus } from "./ConnectionStatus.ts"
import { inStep, type Pace } from "./InStep.ts"
import { keepIdentical } from "./keepIdentical.ts"
import { subscribeAll } from "./Listeners.ts"
import type { Location } from "./Location.ts"
import { makeOrigin, type Origin } from "./Origin.ts"
import type { Presence } from "./Presence.ts"
import * as PresenceQuery from "./PresenceQuery.ts"
import * as PresenceState from "./PresenceState.ts"
import { rememberLast } from "./rememberLast.ts"
import { type SessionId, UserId } from "./Session.ts"
import * as StateSource from "./StateSource.ts"
import type { UserProfile } from "./UserProfile.ts"
import { profileOf, type Profiles, type Users } from "./Users.ts"

/** Someone else in the room, by session: the same person in two tabs is two. */
export interface UserPresence {
  /** Who it is. Until the profile is known, the name is the id. */
  readonly user: UserProfile
  /** Which of their sessions: a key only together with the user's id. */
  readonly sessionId: SessionId
  /** Everywhere they are. Empty: in the room, in no document. */
  readonly locations: ReadonlyArray<Location>
  /** Known from before the connection was lost, and not heard from since. */
  readonly stale: boolean
  /** Whether they do something, by this machine's clock. */
  readonly activity: PresenceState.Activity
}

/** Someone else at one place in a document; in two places, they are listed twice. */
export interface DocumentPresence extends PresenceQuery.DocumentLocation {
  /** Who it is. Until the profile is known, the name is the id. */
  readonly user: UserProfile
}

/** Someone else with all of their sessions: one person, however many tabs. */
export interface UserSessions {
  /** Who it is. Until the profile is known, the name is the id. */
  readonly user: UserProfile
  /** Their sessions, one at least, in the order in which they joined. */
  readonly sessions: ReadonlyArray<UserPresence>
}

/** This session, which is in none of the lists of people. */
export interface Self {
  /** Its id; undefined while nothing runs. Every run has another one. */
  readonly sessionId: SessionId | undefined
  /** Where it says it is; undefined before the first report. */
  readonly locations: ReadonlyArray<Location> | undefined
  /** Whose the token is; undefined until that is known, and without a token. */
  readonly user: UserProfile | undefined
}

/** The sources of a room. */
export interface Sources {
  /** Everyone else, in the order in which they joined. */
  readonly getPresenceLocations: () => StateSource.StateSource<ReadonlyArray<UserPresence>>
  /** Who is in a document, at or below a path. Costs what it answers, whatever goes on elsewhere. */
  readonly getDocumentPresence: (
    query: PresenceQuery.DocumentQuery
  ) => StateSource.StateSource<ReadonlyArray<DocumentPresence>>
  /** The sessions of one user: their tabs. */
  readonly getUserPresence: (userId: string) => StateSource.StateSource<ReadonlyArray<UserPresence>>
  /** Everyone else by user: somebody with two tabs is one. */
  readonly getUsers: () => StateSource.StateSource<ReadonlyArray<UserSessions>>
  /** The connection. */
  readonly getStatus: () => StateSource.StateSource<ConnectionStatus>
  /** This session, and where it says it is. */
  readonly getSelf: () => StateSource.StateSource<Self>
}

/** The sources of a room that comes and goes. */
export interface RoomSources {
  /** The sources, whoever is attached. */
  readonly all: Sources
  /** What runs now shows in them. */
  readonly attach: (presence: Presence["Service"], users: Users["Service"] | undefined) => void
  /** Nothing runs, and the connection is so. */
  readonly detach: (status: ConnectionStatus) => void
}

/** What runs now. */
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
const movedInStep = (room: Room, pace: Pace): Room => {
  const { add, watch } = inStep(pace)
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

/**
 * What people are shown of a value and their profiles. Computed anew only for others of these; the
 * identical array until one of its elements changes.
 */
const shownOf = <A, B>(show: (value: A, profiles: Profiles) => ReadonlyArray<B>) => {
  let last: ReadonlyArray<B> = nobody
  return rememberLast((value: A, profiles: Profiles) => {
    last = keepIdentical(last, show(value, profiles))
    return last
  })
}

/** The room of services that run. Names are shown where there are {@link Users}. */
const roomOf = (presence: Presence["Service"], users: Users["Service"] | undefined): Room => {
  const profiles =
    users === undefined
      ? StateSource.constant<Profiles>(HashMap.empty())
      : StateSource.fromSubscriptionRef(users.profiles)
  const user =
    users === undefined
      ? StateSource.constant(Option.none<UserId>())
      : StateSource.fromSubscriptionRef(users.self)
  const { sessionId } = presence
  return {
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
}

/** Everyone else: all of them, one user's sessions, by user. */
const peopleOf = (
  origin: Origin<Room>
): Pick<Sources, "getPresenceLocations" | "getUserPresence" | "getUsers"> => {
  const show = withUser(
    ({ userId }: PresenceState.PresenceSession) => userId,
    ({ activity, locations, sessionId, stale }, user): UserPresence => ({
      user,
      sessionId,
      locations,
      stale,
      activity
    })
  )
  const showAll = (sessions: ReadonlyArray<PresenceState.PresenceSession>, profiles: Profiles) =>
    sessions.map((session) => show(session, profiles))
  const derive = <A>(
    read: (state: PresenceState.PresenceState, profiles: Profiles) => ReadonlyArray<A>
  ) => {
    const shown = shownOf(read)
    return origin.derive<ReadonlyArray<A>>({
      initial: nobody,
      read: (room) =>
        room === undefined ? nobody : shown(room.state.getCurrent(), room.profiles.getCurrent()),
      follow: ({ profiles, state }, check) => subscribeAll([state, profiles], check)
    })
  }

  const everyone = derive((state, profiles) => showAll(PresenceState.toArray(state), profiles))
  const grouped = groups()
  const users = derive((state, profiles) =>
    grouped(showAll(PresenceState.toArray(state), profiles))
  )
  return {
    getPresenceLocations: () => everyone,
    getUsers: () => users,
    getUserPresence: (userId) => {
      const id = UserId.make(userId)
      return derive((state, profiles) => showAll(PresenceQuery.ofUser(state, id), profiles))
    }
  }
}

/** Who is in a document, by query. */
const documentsOf = (origin: Origin<Room>): Sources["getDocumentPresence"] => {
  const show = withUser(
    ({ userId }: PresenceQuery.DocumentLocation) => userId,
    (place, user): DocumentPresence => ({ ...place, user })
  )
  return (query) => {
    const prepared = PresenceQuery.prepare(query)
    const { exactId, path, publishedId } = prepared
    // What happens in a document is another answer, where the whole of it was asked for.
    const isWhole = exactId === undefined && path === undefined
    const shown = shownOf(
      (places: ReadonlyArray<PresenceQuery.DocumentLocation>, profiles: Profiles) =>
        places.map((place) => show(place, profiles))
    )
    return origin.derive<ReadonlyArray<DocumentPresence>>({
      initial: nobody,
      read: (room) => {
        if (room === undefined) return nobody
        const places = PresenceQuery.inDocument(room.state.getCurrent(), prepared)
        return shown(places, room.profiles.getCurrent())
      },
      follow: (room, check, changed) => {
        const unwatch = room.watch(publishedId, isWhole ? changed : check, check)
        const unsubscribe = room.profiles.subscribe(check)
        return () => {
          unwatch()
          unsubscribe()
        }
      }
    })
  }
}

/**
 * Sources that nobody is attached to yet.
 *
 * @param hold runs with the first subscriber of a source; what it returns runs after its last one
 * @param pace at which all of them move on together; else each does with every change
 */
export const make = (hold: () => () => void, pace?: Pace): RoomSources => {
  const origin = makeOrigin<Room>(hold)
  let detached: ConnectionStatus = connecting

  const status = origin.derive<ConnectionStatus>({
    initial: connecting,
    read: (room) => (room === undefined ? detached : room.status.getCurrent()),
    follow: (room, check) => room.status.subscribe(check)
  })
  const self = origin.derive<Self>({
    initial: noSelf,
    read: (room) => (room === undefined ? noSelf : room.self.getCurrent()),
    follow: (room, check) => room.self.subscribe(check)
  })

  return {
    all: {
      ...peopleOf(origin),
      getDocumentPresence: documentsOf(origin),
      getStatus: () => status,
      getSelf: () => self
    },
    attach: (presence, users) => {
      const room = roomOf(presence, users)
      origin.set(pace === undefined ? room : movedInStep(room, pace))
    },
    detach: (status) => {
      detached = status
      origin.set(undefined)
    }
  }
}

/** The profile of this session's own user; the identical one until it changes. */
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
      if (known !== undefined && keepIdentical(known.sessions, sessions) !== sessions) {
        return known
      }
      const group = { user: first.user, sessions }
      cache.set(first, group)
      return group
    })
  }
}
