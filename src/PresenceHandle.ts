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
import { closed, connecting } from "./ConnectionStatus.ts"
import type { Pace } from "./InStep.ts"
import { nothing } from "./Listeners.ts"
import type { ReportedLocation } from "./Location.ts"
import { newcomers } from "./newcomers.ts"
import { Presence } from "./Presence.ts"
import { ConnectionFailed, PresenceError } from "./PresenceError.ts"
import * as RoomSources from "./RoomSources.ts"
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
export interface PresenceHandle extends RoomSources.Sources {
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

/**
 * Says where a reporter is, all of it: it replaces what that reporter said before. An empty array means
 * present, in no document.
 */
export type Report = (locations: ReadonlyArray<ReportedLocation>) => void

/**
 * One of several reporters of a session: others see what all of them report.
 *
 * @example
 * const reporter = presence.makeReporter()
 * input.addEventListener("focus", () => reporter.report([{ documentId: "book", path: ["title"] }]))
 * input.addEventListener("blur", () => reporter.report([]))
 */
export interface Reporter {
  /** Says where it is, all of it. Never throws; does nothing once it is released. */
  readonly report: Report
  /** Takes back what it reported, and ends it. */
  readonly release: () => void
}

const closedBeforeReady = new PresenceError({
  reason: new ConnectionFailed({ detail: "Presence was closed before it was ready." })
})

/** The layer at work, from a first holder to a last one. */
interface Running {
  readonly runtime: ManagedRuntime.ManagedRuntime<Presence, unknown>
  /** Undefined until it is built. */
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

/** What the reporters of a handle say together. */
interface Reports {
  readonly makeReporter: () => Reporter
  /** What a session that begins now has to say; undefined while it is silent. */
  readonly current: () => ReadonlyArray<ReportedLocation> | undefined
  /** A session has ended. The next one is silent, unless something still says where it is. */
  readonly ended: () => void
}

/** @param say called with all of it whenever a reporter says something else */
const makeReports = (say: (locations: ReadonlyArray<ReportedLocation>) => void): Reports => {
  const slots = new Map<Reporter, ReadonlyArray<ReportedLocation>>()
  const union = () => Array.from(slots.values()).flat()
  let isSilent = true
  return {
    current: () => (isSilent ? undefined : union()),
    ended: () => {
      isSilent = union().length === 0
    },
    makeReporter: () => {
      let released = false
      const reporter: Reporter = {
        report: (locations) => {
          if (released) return
          isSilent = false
          slots.set(reporter, locations)
          say(union())
        },
        release: () => {
          released = true
          if (slots.delete(reporter)) say(union())
        }
      }
      return reporter
    }
  }
}

/** A function that holds until what it returns is called. `taken` runs each time, `free` after the last. */
const makeHold = (taken: () => void, free: () => void) => {
  let holders = 0
  return () => {
    holders += 1
    taken()
    let released = false
    return () => {
      if (released) return
      released = true
      holders -= 1
      if (holders === 0) free()
    }
  }
}

/** Waits for the layer, then shows in the sources what is in it, or why it could not be built. */
const attach = (
  running: Running,
  isCurrent: () => boolean,
  sources: RoomSources.RoomSources,
  reports: Reports
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const context = yield* running.runtime.contextEffect
    if (!isCurrent()) return
    const presence = Context.get(context, Presence)
    const users = Option.getOrUndefined(Context.getOption(context, Users))
    running.presence = presence
    sources.attach(presence, users)
    if (users !== undefined) running.runtime.runFork(askForProfiles(presence, users))
    const reported = reports.current()
    if (reported !== undefined) yield* presence.report(reported)
  }).pipe(
    // Defects too: nobody else waits for this fiber.
    Effect.catchCause((cause) =>
      Effect.sync(() => {
        if (isCurrent()) sources.detach({ _tag: "Failed", reason: reasonOf(cause) })
      })
    )
  )

/**
 * A handle that nobody holds yet: nothing runs. Profiles are shown where the layer has {@link Users}.
 *
 * @param linger how long it runs on after the last holder let go
 * @param pace at which its sources move on together; else each does with every change
 */
export const make = (
  layer: Layer.Layer<Presence, unknown>,
  linger: Duration.Duration,
  pace?: Pace
): PresenceHandle => {
  let running: Running | undefined
  let lingering: ReturnType<typeof setTimeout> | undefined
  let isClosed = false
  let ending: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined

  const run = (effect: (presence: Presence["Service"]) => Effect.Effect<void>) => {
    if (running?.presence !== undefined) running.runtime.runFork(effect(running.presence))
  }
  const reports = makeReports((locations) => run((presence) => presence.report(locations)))

  const start = () => {
    clearTimeout(lingering)
    if (running !== undefined) return
    const starting: Running = { runtime: ManagedRuntime.make(layer), presence: undefined }
    running = starting
    Effect.runFork(attach(starting, () => running === starting, sources, reports))
  }
  const stop = () => {
    const stopping = running
    running = undefined
    reports.ended()
    if (stopping !== undefined) ending = Promise.all([ending, stopping.runtime.dispose()])
    sources.detach(isClosed ? closed : connecting)
  }
  const keep = makeHold(start, () => {
    lingering = setTimeout(stop, Duration.toMillis(linger))
  })
  const hold = () => (isClosed ? nothing : keep())
  const sources = RoomSources.make(hold, pace)

  const ready = async (): Promise<void> => {
    const release = hold()
    try {
      if (running === undefined) throw closedBeforeReady
      const exit = await running.runtime.runPromiseExit(Presence.use((presence) => presence.ready))
      if (Exit.isFailure(exit)) throw toPresenceError(exit.cause)
    } finally {
      release()
    }
  }

  return {
    ...sources.all,
    hold,
    ready,
    makeReporter: reports.makeReporter,
    reportPresence: reports.makeReporter().report,
    retryNow: () => run((presence) => presence.retryNow),
    close: () => {
      clearTimeout(lingering)
      isClosed = true
      if (closing === undefined) stop()
      return (closing ??= ending.then(nothing))
    }
  }
}
