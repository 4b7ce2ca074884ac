/**
 * What the connection's machine is made of: its state, what can happen to it, and what it asks for. Pure;
 * how it moves is ConnectionMachine.ts.
 */
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { Token } from "../Auth.ts"
import { connecting, type ConnectionStatus } from "../ConnectionStatus.ts"
import type { TransportSignal } from "../Transport.ts"
import type { ConnectionEnd } from "./ConnectionEnd.ts"
import * as Liveness from "./Liveness.ts"

/** The tunables of the machine, in milliseconds. */
export interface Tunables {
  readonly backoffBase: number
  readonly backoffMax: number
  readonly restartSpread: number
  readonly stableAfter: number
  readonly silenceMin: number
  readonly hiddenTimeout: number
}

/**
 * - `Asking` for the token; `Opening` the socket; `Authorizing`, `Subscribing` on it.
 * - `Connected`: subscribed. `probing` is the number of the request that tests whether the socket
 *   lives; `change` is the token that is being put in place of the one in use.
 * - `Waiting` until the next attempt.
 * - `Refused`: not tried again until the token changes or somebody asks for it. `askAt` is when to ask
 *   for another token again, where there was no answer.
 * - `Away`: the page is hidden away.
 * - `Closed`: the end.
 */
export type Phase =
  | { readonly _tag: "Asking" | "Opening" | "Authorizing" | "Subscribing" }
  | {
      readonly _tag: "Connected"
      readonly token: Token
      readonly since: number
      readonly probing: number | undefined
      readonly change: Redacted.Redacted<string> | undefined
    }
  | { readonly _tag: "Waiting"; readonly until: number }
  | {
      readonly _tag: "Refused"
      readonly refusal: ConnectionEnd
      readonly askAt: number | undefined
    }
  | { readonly _tag: "Away" | "Closed" }

/**
 * - `latest`: the token as last heard of; `tried`: the one that the last connection stood or fell with.
 * - `socket`: the number of the last socket; what an older one says is not listened to.
 *   `isSubscribed` once it is.
 * - `probes`: how many there were. `refusals`: tokens refused one after the other.
 * - `attempt`: attempts since the last stable connection; `troubleSince`: when that ended.
 *   `isSentAway`: the server has sent everyone away since.
 * - `explainedAt`: when it was last looked into why no socket opens, and the `explanation`.
 * - `hiddenSince`: since when nobody can see the page.
 */
export interface Machine {
  readonly phase: Phase
  readonly status: ConnectionStatus
  readonly latest: Token
  readonly tried: Token
  readonly socket: number
  readonly isSubscribed: boolean
  readonly generation: number
  readonly probes: number
  readonly refusals: number
  readonly attempt: number
  readonly troubleSince: number | undefined
  readonly isSentAway: boolean
  readonly explainedAt: number | undefined
  readonly explanation: ConnectionEnd | undefined
  readonly hiddenSince: number | undefined
  readonly liveness: Liveness.Liveness
}

/** What happened. Those with a `socket` are of that socket. */
export type Event =
  | { readonly _tag: "TokenGiven" | "TokenChanged"; readonly token: Token }
  | { readonly _tag: "TokenMissing"; readonly end: ConnectionEnd }
  | { readonly _tag: "Explained"; readonly token: Token; readonly end: ConnectionEnd }
  | {
      readonly _tag: "Opened" | "Authorized" | "Subscribed" | "Heard"
      readonly socket: number
    }
  /** A request had no answer in time; a probe had one, or none. */
  | { readonly _tag: "Unanswered"; readonly socket: number }
  | {
      readonly _tag: "ProbeAnswered" | "ProbeFailed"
      readonly socket: number
      readonly probe: number
    }
  | { readonly _tag: "Ended" | "Unaccepted"; readonly socket: number; readonly end: ConnectionEnd }
  | { readonly _tag: "Identified"; readonly socket: number; readonly isOther: boolean }
  | { readonly _tag: "Tick" | WorldEvent }

/** What the page, the network and people do. */
export type WorldEvent =
  | "RetryNow"
  | "Online"
  | "Offline"
  | "Visible"
  | "Invisible"
  | "PageShown"
  | "PageHidden"
  | "Closing"

/**
 * What to do.
 *
 * - `AskToken`, `Open`, `Authorize`, `Subscribe`: the steps of an attempt.
 * - `Probe`: send a request that must be answered.
 * - `Identify`: find out whether two tokens are of different users.
 * - `SayGoodbye`: write `disconnect` for whoever announced on this socket, within the call.
 * - `CloseSocket`; `Explain`: find out why no socket opens.
 * - `Tell`: a signal for whoever listens to the transport.
 */
export type Action =
  | { readonly _tag: "AskToken" | "Subscribe" | "SayGoodbye" | "CloseSocket" }
  | { readonly _tag: "Probe"; readonly probe: number }
  | { readonly _tag: "Open"; readonly socket: number }
  | { readonly _tag: "Authorize"; readonly token: Redacted.Redacted<string> }
  | { readonly _tag: "Explain"; readonly token: Token }
  | { readonly _tag: "Identify"; readonly before: Token; readonly after: Token }
  | { readonly _tag: "Tell"; readonly signal: TransportSignal }

/**
 * When it happens, on the clock that only goes forward and on the wall (milliseconds), a random
 * number from 0 to 1, whether the machine says that it has a network, and the tunables.
 */
export interface Circumstances {
  readonly now: number
  readonly wall: number
  readonly random: number
  readonly isOnline: boolean
  readonly tunables: Tunables
}

/** The next state, and what to do, in this order. */
export interface Step {
  readonly machine: Machine
  readonly actions: ReadonlyArray<Action>
}

/** The first attempt is due: the first `Tick` begins it. */
export const initial = (
  token: Token,
  isVisible: boolean,
  { now, wall }: Circumstances
): Machine => ({
  phase: { _tag: "Waiting", until: now },
  status: connecting,
  latest: token,
  tried: Option.none(),
  socket: 0,
  isSubscribed: false,
  generation: 0,
  probes: 0,
  refusals: 0,
  attempt: 0,
  troubleSince: undefined,
  isSentAway: false,
  ...unexplained,
  hiddenSince: isVisible ? undefined : now,
  liveness: Liveness.initial(now, wall)
})

/**
 * When the machine wants a `Tick`, or undefined where only another event can move it. Milliseconds
 * of the clock that only goes forward.
 */
export const deadline = (
  { hiddenSince, liveness, phase }: Machine,
  { hiddenTimeout, silenceMin }: Tunables
): number | undefined => {
  if (phase._tag === "Refused") return phase.askAt
  if (!isWatched(phase)) return undefined
  const times = [Liveness.nextLook(liveness)]
  if (phase._tag === "Waiting") times.push(phase.until)
  if (phase._tag === "Connected" && phase.probing === undefined) {
    times.push(Liveness.silentAt(liveness, silenceMin))
  }
  if (hiddenSince !== undefined) times.push(hiddenSince + hiddenTimeout)
  return Math.min(...times)
}

/** Nothing is known of why no socket opens. */
export const unexplained = { explainedAt: undefined, explanation: undefined }

/** Whether time moves it, and a sleep matters to it. */
export const isWatched = ({ _tag }: Phase): boolean => _tag === "Connected" || _tag === "Waiting"

/** Whether a socket is opening or open. */
export const hasSocket = ({ _tag }: Phase): boolean =>
  _tag === "Opening" || _tag === "Authorizing" || _tag === "Subscribing" || _tag === "Connected"

/** Whether the page may leave and come back: there is, or will be, a connection. */
export const isActive = (phase: Phase): boolean =>
  hasSocket(phase) || phase._tag === "Waiting" || phase._tag === "Asking"

/** Whether the next attempt is only a matter of time. */
export const isWaiting = ({ phase }: Machine): boolean => phase._tag === "Waiting"

/** Whether nothing is under way: whoever asks for an attempt gets one. */
export const isIdle = ({ _tag }: Phase): boolean =>
  _tag === "Waiting" || _tag === "Refused" || _tag === "Away"

/** Whether a probe is under way. */
export const isProbing = (phase: Phase): boolean =>
  phase._tag === "Connected" && phase.probing !== undefined

/** Whether a frame was heard so lately that another one tells nothing new. */
export const hasJustHeard = (
  { liveness, phase }: Machine,
  { now, wall }: Pick<Circumstances, "now" | "wall">
): boolean =>
  phase._tag === "Connected" && !isProbing(phase) && Liveness.hasJustHeard(liveness, now, wall)

/** Tells whoever listens to the transport. */
export const tell = (signal: TransportSignal): Action => ({ _tag: "Tell", signal })

/** Nothing is to be done. */
export const stay = (machine: Machine): Step => ({ machine, actions: [] })

/** The machine with these changes, and what to do. */
export const become = (
  machine: Machine,
  changes: Partial<Machine>,
  ...actions: ReadonlyArray<Action>
): Step => ({ machine: { ...machine, ...changes }, actions })

/** What was done already, then what comes of the state after it. */
export const andThen = ({ actions, machine }: Step, next: (machine: Machine) => Step): Step => {
  const after = next(machine)
  return { machine: after.machine, actions: [...actions, ...after.actions] }
}
