/**
 * The half of a backplane that lies in its own node, whatever carries the messages: who listens
 * here, what the status is, what was dropped.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { millisOf } from "../Time.ts"
import { type BackplaneRefusal, type ForbiddenOperation, makeRefusals } from "./BackplaneRefusal.ts"

/** Whether a node hears the others and is heard. */
export type BackplaneStatus =
  | { readonly _tag: "Connected" }
  | {
      readonly _tag: "Disconnected"
      /** Milliseconds of the monotonic clock. */
      readonly since: number
      /** For people to read. */
      readonly reason: string
    }

/**
 * Why a message was dropped: there is no connection, it is larger than the server takes, the server
 * has not taken too many before it, or the server does not let this user publish it.
 */
export type MessageDropReason = "disconnected" | "too-large" | "backlog" | "refused"

const dropReasons: ReadonlyArray<MessageDropReason> = [
  "disconnected",
  "too-large",
  "backlog",
  "refused"
]

const noDrops = (): Map<MessageDropReason, number> =>
  new Map(dropReasons.map((reason) => [reason, 0]))

/** What went wrong on a backplane since the start. */
export interface BackplaneCounts {
  /** Messages to other nodes that were dropped, by reason; each is there from the start. */
  readonly dropped: ReadonlyMap<MessageDropReason, number>
  /** Messages from other nodes on which a receiver threw. */
  readonly receiverErrors: number
}

/** What carries the messages learns which subjects this node listens to. */
export interface HubInterest {
  readonly opened: (subject: string) => void
  readonly closed: (subject: string) => void
}

export interface BackplaneHub {
  /** Adds a receiver until the scope closes. */
  readonly listen: (
    subject: string,
    receive: (message: string) => void
  ) => Effect.Effect<void, never, Scope.Scope>
  /** The subjects with a receiver. */
  readonly subjects: () => Iterable<string>
  /** Gives a message to every receiver of a subject; none of them can harm another. */
  readonly deliver: (subject: string, message: string) => void
  readonly status: () => BackplaneStatus
  readonly connected: () => void
  /** Says Connected anew: others miss what was dropped, and there is room to tell it again. */
  readonly connectedAnew: () => void
  /** Keeps `since` where there was no connection before. */
  readonly disconnected: (reason: string) => void
  readonly onStatus: (
    notify: (status: BackplaneStatus) => void
  ) => Effect.Effect<void, never, Scope.Scope>
  readonly drop: (reason: MessageDropReason) => void
  /** The server forbids this on a subject; `advice` is for those who run it. */
  readonly forbid: (operation: ForbiddenOperation, subject: string, advice: string) => void
  /** Another connection begins: what was forbidden on the last one may be allowed. */
  readonly forgetRefusals: () => void
  /** What is forbidden now, if anything. */
  readonly refusal: () => BackplaneRefusal | undefined
  readonly counts: () => BackplaneCounts
  /** Logs from outside of any fiber. */
  readonly log: (log: Effect.Effect<void>) => void
}

/** One log line per reason in this time (ms): drops come by the thousand, refusals by the room. */
const logInterval = 10_000

/** Nothing did. */
export const noCounts: BackplaneCounts = { dropped: noDrops(), receiverErrors: 0 }

const makeDrops = (now: () => number, log: BackplaneHub["log"]) => {
  const loggedAt = new Map<MessageDropReason, number>()
  const dropped = noDrops()
  const drop = (reason: MessageDropReason): void => {
    const count = (dropped.get(reason) ?? 0) + 1
    dropped.set(reason, count)
    // The status says that there is no connection; that it costs messages is no news. What the
    // server forbids is said where it says so.
    if (reason === "disconnected" || reason === "refused") return
    const last = loggedAt.get(reason)
    if (last !== undefined && now() - last < logInterval) return
    loggedAt.set(reason, now())
    log(
      Effect.logWarning("Dropped a message to other nodes").pipe(
        Effect.annotateLogs({ action: "relay/backplane/drop", reason, dropped: count })
      )
    )
  }
  return { drop, dropped }
}

const makeForbid = (
  now: () => number,
  log: BackplaneHub["log"],
  note: (operation: ForbiddenOperation, reason: string) => void
) => {
  const loggedAt = new Map<ForbiddenOperation, number>()
  return (operation: ForbiddenOperation, subject: string, advice: string): void => {
    note(operation, advice)
    const last = loggedAt.get(operation)
    if (last !== undefined && now() - last < logInterval) return
    loggedAt.set(operation, now())
    log(
      Effect.logError(advice).pipe(
        Effect.annotateLogs({ action: "relay/backplane/refused", operation, subject })
      )
    )
  }
}

/** A callback until the scope closes. An object of its own: one function given twice counts twice. */
interface Entry<A> {
  readonly call: (value: A) => void
}

const makeReceivers = (interest: HubInterest, guard: (call: () => void) => void) => {
  const bySubject = new Map<string, Set<Entry<string>>>()

  // Each in one step: a fiber may pause between two, and another close what this one just opened.
  const add = (subject: string, entry: Entry<string>): Entry<string> => {
    const receivers = bySubject.get(subject)
    if (receivers !== undefined) {
      receivers.add(entry)
      return entry
    }
    bySubject.set(subject, new Set([entry]))
    interest.opened(subject)
    return entry
  }
  const remove = (subject: string, entry: Entry<string>): void => {
    const receivers = bySubject.get(subject)
    if (receivers?.delete(entry) !== true || receivers.size > 0) return
    bySubject.delete(subject)
    interest.closed(subject)
  }

  return {
    listen: (subject: string, receive: (message: string) => void) =>
      Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => add(subject, { call: receive })),
          (entry) => Effect.sync(() => remove(subject, entry))
        )
      ),
    subjects: () => bySubject.keys(),
    deliver: (subject: string, message: string) => {
      for (const { call } of bySubject.get(subject) ?? []) guard(() => call(message))
    }
  }
}

const makeListeners = (guard: (call: () => void) => void) => {
  const listeners = new Set<Entry<BackplaneStatus>>()
  return {
    onStatus: (notify: (status: BackplaneStatus) => void) =>
      Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => {
            const entry = { call: notify }
            listeners.add(entry)
            return entry
          }),
          (entry) => Effect.sync(() => listeners.delete(entry))
        )
      ),
    tell: (status: BackplaneStatus): void => {
      for (const { call } of listeners) guard(() => call(status))
    }
  }
}

/** The node's half of a backplane, without a connection at first. */
export const makeHub = Effect.fnUntraced(function* (
  interest: HubInterest
): Effect.fn.Return<BackplaneHub> {
  const context = yield* Effect.context()
  const clock = yield* Clock.Clock
  const runFork = Effect.runForkWith(context)
  const now = () => millisOf(clock)
  const log = (message: Effect.Effect<void>) => void runFork(message)

  let receiverErrors = 0
  /** Calls what others gave us: they must not throw, and harm nobody if they do. */
  const guard = (call: () => void): void => {
    try {
      call()
    } catch (error) {
      receiverErrors++
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
      log(
        Effect.logError("A receiver of the backplane threw").pipe(
          Effect.annotateLogs({ action: "relay/backplane/receiver", cause })
        )
      )
    }
  }

  let status: BackplaneStatus = { _tag: "Disconnected", since: now(), reason: "not yet connected" }
  const { onStatus, tell } = makeListeners(guard)
  const { drop, dropped } = makeDrops(now, log)
  const refusals = makeRefusals(now)
  const setStatus = (next: BackplaneStatus): void => {
    status = next
    tell(next)
  }

  return {
    ...makeReceivers(interest, guard),
    drop,
    forbid: makeForbid(now, log, refusals.note),
    forgetRefusals: refusals.forget,
    refusal: refusals.current,
    counts: () => ({ dropped, receiverErrors }),
    status: () => status,
    connected: () => {
      if (status._tag !== "Connected") setStatus({ _tag: "Connected" })
    },
    connectedAnew: () => {
      if (status._tag === "Connected") tell(status)
    },
    disconnected: (reason) => {
      if (status._tag === "Disconnected" && status.reason === reason) return
      const since = status._tag === "Disconnected" ? status.since : now()
      setStatus({ _tag: "Disconnected", since, reason })
    },
    onStatus,
    log
  }
})
