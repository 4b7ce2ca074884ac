/**
 * Presence as a plain object: sources to read, functions to call, no Effect. It runs while somebody
 * holds it.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HashMap from "effect/HashMap"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { closed, connecting, type ConnectionStatus } from "./ConnectionStatus.ts"
import type { Location, ReportedLocation } from "./Location.ts"
import { Presence } from "./Presence.ts"
import { ConnectionFailed, PresenceError } from "./PresenceError.ts"
import * as PresenceState from "./PresenceState.ts"
import type { SessionId } from "./Session.ts"
import * as StateSource from "./StateSource.ts"
import { profileOf, type Profiles, type UserProfile, Users } from "./Users.ts"

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
}

/** This session. Without an id while nothing runs; without locations before the first report. */
export interface Self {
  readonly sessionId: SessionId | undefined
  readonly locations: ReadonlyArray<Location> | undefined
}

/**
 * Presence in one room for code that knows no Effect.
 *
 * @example
 * const presence = createPresence({ projectId: "abc123", dataset: "production", token })
 * const people = presence.getPresenceLocations()
 * people.subscribe(() => console.log(people.getCurrent()))
 * presence.reportPresence([{ documentId: "drafts.book", path: ["title"] }])
 */
export interface PresenceHandle {
  /** Everyone else, in the order in which they joined. */
  readonly getPresenceLocations: () => StateSource.StateSource<ReadonlyArray<UserPresence>>
  /** The connection. */
  readonly getStatus: () => StateSource.StateSource<ConnectionStatus>
  /** This session, and where it says it is. */
  readonly getSelf: () => StateSource.StateSource<Self>
  /**
   * Says where this session is, all of it. Before the first report the session is silent; an empty
   * array means present, in no document. Never throws.
   */
  readonly reportPresence: (locations: ReadonlyArray<ReportedLocation>) => void
  /**
   * Resolves when the answers to the first roll call are in. Rejects with a {@link PresenceError}
   * where the connection cannot be made, or the handle is closed before.
   */
  readonly ready: () => Promise<void>
  /** Tries to connect at once instead of waiting for the next attempt. */
  readonly retryNow: () => void
  /**
   * Keeps it running until the returned function is called. It starts with the first holder, and
   * ends a moment after the last one let go (`lingerTimeout`).
   */
  readonly hold: () => () => void
  /** Says goodbye and ends it, whoever holds it. Resolves when the connection is closed. */
  readonly close: () => Promise<void>
}

const nobody: ReadonlyArray<UserPresence> = []
const noSelf: Self = { sessionId: undefined, locations: undefined }

const closedBeforeReady = new PresenceError({
  reason: new ConnectionFailed({ detail: "Presence was closed before it was ready." })
})

/** Remembers each session's form for readers, so that an unchanged one stays identical. */
const userPresences = () => {
  const cache = new WeakMap<PresenceState.PresenceSession, UserPresence>()
  return (state: PresenceState.PresenceState, profiles: Profiles): ReadonlyArray<UserPresence> => {
    const sessions = PresenceState.toArray(state)
    if (sessions.length === 0) return nobody
    return sessions.map((session) => {
      const user = profileOf(profiles, session.userId)
      const known = cache.get(session)
      if (known !== undefined && isSameProfile(known.user, user)) return known
      const { locations, sessionId, stale } = session
      const presence = { user, sessionId, locations, stale }
      cache.set(session, presence)
      return presence
    })
  }
}

const isSameProfile = (a: UserProfile, b: UserProfile): boolean =>
  a.displayName === b.displayName && a.imageUrl === b.imageUrl

interface Running {
  readonly runtime: ManagedRuntime.ManagedRuntime<Presence, PresenceError>
  presence: Presence["Service"] | undefined
}

const reasonOf = (cause: Cause.Cause<PresenceError>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

const askForNewcomers = (
  presence: Presence["Service"],
  users: Users["Service"]
): Effect.Effect<void> => {
  const newcomers = presence.changes.pipe(
    Stream.filter(({ _tag }) => _tag === "Joined"),
    Stream.runForEach(({ session }) => users.request([session.userId]))
  )
  const present = Effect.flatMap(SubscriptionRef.get(presence.state), (state) =>
    users.request(PresenceState.toArray(state).map(({ userId }) => userId))
  )
  return Effect.all([newcomers, present], { concurrency: "unbounded", discard: true })
}

/**
 * A handle that nobody holds yet: nothing runs. Profiles are shown where the layer has {@link Users}.
 *
 * @param linger how long it runs on after the last holder let go
 */
export const make = (
  layer: Layer.Layer<Presence, PresenceError>,
  linger: Duration.Duration
): PresenceHandle => {
  let running: Running | undefined
  let holders = 0
  let isClosed = false
  let lingering: ReturnType<typeof setTimeout> | undefined
  let lastReport: ReadonlyArray<ReportedLocation> | undefined

  const hold = () => {
    if (isClosed) return () => {}
    holders += 1
    clearTimeout(lingering)
    start()
    let released = false
    return () => {
      if (released) return
      released = true
      holders -= 1
      if (holders === 0) lingering = setTimeout(stop, Duration.toMillis(linger))
    }
  }
  const locations = StateSource.switchable(nobody, hold)
  const status = StateSource.switchable<ConnectionStatus>(connecting, hold)
  const self = StateSource.switchable<Self>(noSelf, hold)

  const attach = (presence: Presence["Service"], users: Users["Service"] | undefined) => {
    const { sessionId } = presence
    const profiles =
      users === undefined
        ? StateSource.constant<Profiles>(HashMap.empty())
        : StateSource.fromSubscriptionRef(users.profiles)
    locations.attach(
      StateSource.zipWith(
        StateSource.fromSubscriptionRef(presence.state),
        profiles,
        userPresences()
      )
    )
    status.attach(StateSource.fromSubscriptionRef(presence.status))
    self.attach(
      StateSource.map(StateSource.fromSubscriptionRef(presence.reported), (reported) => ({
        sessionId,
        locations: reported
      }))
    )
  }

  const start = () => {
    if (running !== undefined) return
    const starting: Running = { runtime: ManagedRuntime.make(layer), presence: undefined }
    running = starting
    const attached = Effect.gen(function* () {
      const context = yield* starting.runtime.contextEffect
      if (running !== starting) return
      const presence = Context.get(context, Presence)
      const users = Option.getOrUndefined(Context.getOption(context, Users))
      starting.presence = presence
      attach(presence, users)
      if (users !== undefined) starting.runtime.runFork(askForNewcomers(presence, users))
      if (lastReport !== undefined) yield* presence.report(lastReport)
    })
    // Defects too: nobody else waits for this fiber.
    Effect.runFork(
      Effect.catchCause(attached, (cause) =>
        Effect.sync(() => {
          if (running === starting) status.detach({ _tag: "Failed", reason: reasonOf(cause) })
        })
      )
    )
  }

  const stop = (): Promise<void> => {
    const stopping = running
    running = undefined
    locations.detach(nobody)
    self.detach(noSelf)
    status.detach(isClosed ? closed : connecting)
    return stopping === undefined ? Promise.resolve() : stopping.runtime.dispose()
  }

  const run = (effect: (presence: Presence["Service"]) => Effect.Effect<void>) => {
    if (running?.presence !== undefined) running.runtime.runFork(effect(running.presence))
  }

  return {
    hold,
    getPresenceLocations: () => locations.source,
    getStatus: () => status.source,
    getSelf: () => self.source,
    retryNow: () => run((presence) => presence.retryNow),
    reportPresence: (reported) => {
      lastReport = reported
      run((presence) => presence.report(reported))
    },
    ready: () =>
      running === undefined
        ? Promise.reject(closedBeforeReady)
        : running.runtime
            .runPromiseExit(Presence.use((presence) => presence.ready))
            .then((exit) => {
              if (Exit.isSuccess(exit)) return
              throw Option.getOrElse(Exit.findErrorOption(exit), () => closedBeforeReady)
            }),
    close: () => {
      isClosed = true
      clearTimeout(lingering)
      return stop()
    }
  }
}
