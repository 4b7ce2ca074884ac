/**
 * Presence as a plain object: sources to read, functions to call, no Effect. It runs while somebody
 * holds it.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { closed, connecting, type ConnectionStatus } from "./ConnectionStatus.ts"
import type { ReportedLocation } from "./Location.ts"
import { newcomers } from "./newcomers.ts"
import { Presence } from "./Presence.ts"
import { ConnectionFailed, PresenceError } from "./PresenceError.ts"
import type { DocumentQuery } from "./PresenceQuery.ts"
import * as RoomSources from "./RoomSources.ts"
import type { DocumentPresence, Self, UserPresence, UserSessions } from "./RoomSources.ts"
import type * as StateSource from "./StateSource.ts"
import { Users } from "./Users.ts"

/**
 * Presence in one room for code that knows no Effect.
 *
 * @example
 * const presence = createPresence({ projectId: "abc123", dataset: "production", token })
 * const people = presence.getPresenceLocations()
 * people.subscribe(() => console.log(people.getCurrent()))
 * presence.reportPresence([{ documentId: "book", path: ["title"] }])
 */
export interface PresenceHandle {
  /** Everyone else, in the order in which they joined. */
  readonly getPresenceLocations: () => StateSource.StateSource<ReadonlyArray<UserPresence>>
  /** Who is in a document, at or below a path. Costs what it answers, whatever goes on elsewhere. */
  readonly getDocumentPresence: (
    query: DocumentQuery
  ) => StateSource.StateSource<ReadonlyArray<DocumentPresence>>
  /** The sessions of one user: their tabs. */
  readonly getUserPresence: (userId: string) => StateSource.StateSource<ReadonlyArray<UserPresence>>
  /** Everyone else by user: somebody with two tabs is one. */
  readonly getUsers: () => StateSource.StateSource<ReadonlyArray<UserSessions>>
  /** The connection. */
  readonly getStatus: () => StateSource.StateSource<ConnectionStatus>
  /** This session, and where it says it is. */
  readonly getSelf: () => StateSource.StateSource<Self>
  /**
   * Says where this session is, all of it. Before the first report the session is silent; an empty
   * array means present, in no document. Never throws.
   */
  readonly reportPresence: Report
  /**
   * One more reporter for the same session, a component for instance: others see what all of them
   * report. It costs nothing until it reports.
   */
  readonly makeReporter: () => Reporter
  /**
   * Resolves when the answers to the first roll call are in. Rejects with a {@link PresenceError}
   * where the connection cannot be made, or the handle is closed before. Runs the connection
   * meanwhile, if nobody else does.
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

/** Says where a reporter is, all of it. */
export type Report = (locations: ReadonlyArray<ReportedLocation>) => void

/** One of several reporters of a session. `release` takes back what it reported, and ends it. */
export interface Reporter {
  readonly report: Report
  readonly release: () => void
}

const closedBeforeReady = new PresenceError({
  reason: new ConnectionFailed({ detail: "Presence was closed before it was ready." })
})

interface Running {
  readonly runtime: ManagedRuntime.ManagedRuntime<Presence, unknown>
  presence: Presence["Service"] | undefined
}

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

const toPresenceError = (cause: Cause.Cause<unknown>): PresenceError => {
  if (Cause.hasInterruptsOnly(cause)) return closedBeforeReady
  const error = Cause.squash(cause)
  return error instanceof PresenceError
    ? error
    : new PresenceError({ reason: new ConnectionFailed({ detail: reasonOf(cause) }) })
}

/** Asks for the profiles of whoever is there or comes, and of this session's own user. */
const askForProfiles = (
  presence: Presence["Service"],
  users: Users["Service"]
): Effect.Effect<void> => {
  const others = Stream.runForEach(presence.changes, (change) => users.request(newcomers(change)))
  // A token that is refused is not asked about: that would only be refused once more.
  const self = SubscriptionRef.changes(presence.status).pipe(
    Stream.filter(({ _tag }) => _tag === "Connected"),
    Stream.runHead,
    Effect.andThen(users.followSelf)
  )
  return Effect.all([others, self], {
    concurrency: "unbounded",
    discard: true
  })
}

/**
 * A handle that nobody holds yet: nothing runs. Profiles are shown where the layer has {@link Users}.
 *
 * @param linger how long it runs on after the last holder let go
 * @param pace at which its sources move on together; else each does with every change
 */
export const make = (
  layer: Layer.Layer<Presence, unknown>,
  linger: Duration.Duration,
  pace?: StateSource.Pace
): PresenceHandle => {
  let running: Running | undefined
  let holders = 0
  let isClosed = false
  let ending: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined
  let lingering: ReturnType<typeof setTimeout> | undefined
  let reported = false
  const slots = new Map<Reporter, ReadonlyArray<ReportedLocation>>()

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
  const sources = RoomSources.make(hold, pace)

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
      sources.attach(presence, users)
      if (users !== undefined) starting.runtime.runFork(askForProfiles(presence, users))
      if (reported) yield* presence.report(union())
    })
    // Defects too: nobody else waits for this fiber.
    Effect.runFork(
      Effect.catchCause(attached, (cause) =>
        Effect.sync(() => {
          if (running === starting) sources.detach({ _tag: "Failed", reason: reasonOf(cause) })
        })
      )
    )
  }

  const stop = () => {
    const stopping = running
    running = undefined
    // Whoever comes back later is silent, unless something still says where it is.
    reported = union().length > 0
    if (stopping !== undefined) ending = Promise.all([ending, stopping.runtime.dispose()])
    sources.detach(isClosed ? closed : connecting)
  }

  const run = (effect: (presence: Presence["Service"]) => Effect.Effect<void>) => {
    if (running?.presence !== undefined) running.runtime.runFork(effect(running.presence))
  }

  const union = () => Array.from(slots.values()).flat()
  const makeReporter = (): Reporter => {
    let released = false
    const reporter: Reporter = {
      report: (locations) => {
        if (released) return
        reported = true
        slots.set(reporter, locations)
        run((presence) => presence.report(union()))
      },
      release: () => {
        released = true
        if (slots.delete(reporter)) run((presence) => presence.report(union()))
      }
    }
    return reporter
  }

  const ready = async (): Promise<void> => {
    const release = hold()
    try {
      if (running === undefined) throw closedBeforeReady
      const exit = await running.runtime.runPromiseExit(Presence.use((presence) => presence.ready))
      if (Exit.isFailure(exit)) {
        throw toPresenceError(exit.cause)
      }
    } finally {
      release()
    }
  }

  return {
    ...sources.all,
    hold,
    ready,
    makeReporter,
    reportPresence: makeReporter().report,
    retryNow: () => run((presence) => presence.retryNow),
    close: () => {
      clearTimeout(lingering)
      isClosed = true
      if (closing === undefined) stop()
      closing ??= ending.then(() => {})
      return closing
    }
  }
}
