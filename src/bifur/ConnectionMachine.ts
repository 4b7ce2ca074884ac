/**
 * The life of the connection as a state machine: what happened, and when, gives the next state and
 * what to do. Pure; the transport feeds it and runs its actions. SPEC.md draws it.
 */
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { Token } from "../Auth.ts"
import { closed, connecting, type ConnectionStatus, paused } from "../ConnectionStatus.ts"
import type { TransportSignal } from "../Transport.ts"
import { backoff } from "./Backoff.ts"
import { type ConnectionEnd, lost } from "./ConnectionEnd.ts"
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
  explainedAt: undefined,
  explanation: undefined,
  hiddenSince: isVisible ? undefined : now,
  liveness: Liveness.initial(now, wall)
})

/** How long nobody looks again into why no socket opens. 30 s: the answer seldom changes. */
const explainInterval = 30_000

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

const isWatched = ({ _tag }: Phase): boolean => _tag === "Connected" || _tag === "Waiting"

const hasSocket = ({ _tag }: Phase): boolean =>
  _tag === "Opening" || _tag === "Authorizing" || _tag === "Subscribing" || _tag === "Connected"

/** Whether the page may leave and come back: there is, or will be, a connection. */
const isActive = (phase: Phase): boolean =>
  hasSocket(phase) || phase._tag === "Waiting" || phase._tag === "Asking"

const tell = (signal: TransportSignal): Action => ({ _tag: "Tell", signal })

const stay = (machine: Machine): Step => ({ machine, actions: [] })

/** What was done already, then what comes of the state after it. */
const then = ({ actions, machine }: Step, next: (machine: Machine) => Step): Step => {
  const after = next(machine)
  return { machine: after.machine, actions: [...actions, ...after.actions] }
}

/** Whether a frame was heard so lately that another one tells nothing new. */
export const hasJustHeard = (
  { liveness, phase }: Machine,
  { now, wall }: Pick<Circumstances, "now" | "wall">
): boolean =>
  phase._tag === "Connected" && !isProbing(phase) && Liveness.hasJustHeard(liveness, now, wall)

/**
 * The next state and what to do. Total, and without effect.
 *
 * @example
 * const { actions } = step(initial(token, true, at), { _tag: "Tick" }, at) // AskToken
 */
export const step = (before: Machine, event: Event, at: Circumstances): Step => {
  if ("socket" in event && event.socket !== before.socket) return stay(before)
  const { now, wall } = at
  const slept = isWatched(before.phase) && Liveness.hasSlept(before.liveness, now, wall)
  const machine = { ...before, liveness: look(before, event, at) }
  return slept
    ? then(resume(machine, at), (awake) => move(awake, event, at))
    : move(machine, event, at)
}

const look = ({ liveness, phase }: Machine, event: Event, { now, wall }: Circumstances) => {
  if (event._tag === "Opened") return Liveness.hear(liveness, now, wall, false)
  if (event._tag !== "Heard") return Liveness.look(liveness, now, wall)
  return Liveness.hear(liveness, now, wall, !isProbing(phase))
}

const isProbing = (phase: Phase): boolean =>
  phase._tag === "Connected" && phase.probing !== undefined

const move = (machine: Machine, event: Event, at: Circumstances): Step => {
  switch (event._tag) {
    case "Tick":
      return tick(machine, at)
    case "TokenGiven":
      return tokenGiven(machine, event.token, at)
    case "TokenChanged":
      return Equal.equals(event.token, machine.latest)
        ? stay(machine)
        : tokenChanged({ ...machine, latest: event.token }, at)
    case "TokenMissing":
      return tokenMissing(machine, event.end, at)
    case "Opened":
    case "Authorized":
    case "Subscribed":
      return forward(machine, event._tag, at)
    case "Heard":
      return stay(machine)
    case "Ended":
      return hasSocket(machine.phase) ? end(machine, event.end, at) : stay(machine)
    case "Unaccepted":
      return unaccepted(machine, event.end, at)
    case "Identified":
      return identified(machine, event.isOther, at)
    case "Explained":
      return Equal.equals(event.token, machine.tried)
        ? explained(machine, event.end, at)
        : stay(machine)
    case "Unanswered":
      return probe(machine)
    case "ProbeAnswered":
    case "ProbeFailed":
      return isProbing(machine.phase) && event.probe === machine.probes
        ? probed(machine, event._tag === "ProbeAnswered", at)
        : stay(machine)
    default:
      return moveByWorld(machine, event._tag, at)
  }
}

const moveByWorld = (machine: Machine, event: WorldEvent, at: Circumstances): Step => {
  switch (event) {
    case "RetryNow":
      return isIdle(machine.phase) ? ask(machine, at) : stay(machine)
    case "Online":
      return isWaiting(machine) ? ask(machine, at) : probe(machine)
    case "Offline":
      return isWaiting(machine) ? stay({ ...machine, status: { _tag: "Offline" } }) : probe(machine)
    case "Visible":
      return shown({ ...machine, hiddenSince: undefined }, at)
    case "Invisible":
      return stay({ ...machine, hiddenSince: at.now })
    case "PageShown":
      return machine.phase._tag === "Connected"
        ? then(leave(machine, "the page was away", at), (left) => ask(left, at))
        : shown(machine, at)
    case "PageHidden":
      return isActive(machine.phase) ? away(machine, at) : stay(machine)
    case "Closing":
      return close(machine)
  }
}

const isWaiting = ({ phase }: Machine): boolean => phase._tag === "Waiting"
const isIdle = ({ _tag }: Phase): boolean =>
  _tag === "Waiting" || _tag === "Refused" || _tag === "Away"

const tick = (machine: Machine, at: Circumstances): Step => {
  const { hiddenSince, liveness, phase } = machine
  const { now, tunables } = at
  const { hiddenTimeout, silenceMin } = tunables
  if (phase._tag === "Refused" && phase.askAt !== undefined && now >= phase.askAt) {
    const asking: Phase = { ...phase, askAt: undefined }
    return { machine: { ...machine, phase: asking }, actions: [{ _tag: "AskToken" }] }
  }
  if (!isWatched(phase)) return stay(machine)
  if (hiddenSince !== undefined && now >= hiddenSince + hiddenTimeout) return away(machine, at)
  if (phase._tag === "Waiting" && now >= phase.until) return ask(machine, at)
  return now >= Liveness.silentAt(liveness, silenceMin) ? probe(machine) : stay(machine)
}

// An attempt, from the token to the subscription.

/** While a lost connection is tried again, the status goes on to say why. */
const begun = (machine: Machine, { isOnline }: Circumstances): Machine => {
  const { status } = machine
  const goesOn = status._tag === "Reconnecting" || (status._tag === "Offline" && !isOnline)
  return goesOn ? machine : { ...machine, status: connecting }
}

const ask = (machine: Machine, at: Circumstances): Step => ({
  machine: { ...begun(machine, at), phase: { _tag: "Asking" } },
  actions: [{ _tag: "AskToken" }]
})

const open = (machine: Machine, at: Circumstances): Step => {
  const socket = machine.socket + 1
  return {
    machine: {
      ...forgotten(begun(machine, at)),
      socket,
      isSubscribed: false,
      tried: machine.latest,
      phase: { _tag: "Opening" }
    },
    actions: [{ _tag: "Open", socket }]
  }
}

/** What was found out about one token says nothing of another. */
const forgotten = (machine: Machine): Machine =>
  Equal.equals(machine.latest, machine.tried)
    ? machine
    : { ...machine, explanation: undefined, explainedAt: undefined }

const tokenGiven = (machine: Machine, token: Token, at: Circumstances): Step => {
  const next = { ...machine, latest: token }
  if (machine.phase._tag === "Asking") return open(next, at)
  return machine.phase._tag === "Refused" ? tokenChanged(next, at) : stay(machine)
}

const tokenMissing = (machine: Machine, ending: ConnectionEnd, at: Circumstances): Step => {
  const { phase } = machine
  if (phase._tag === "Asking") return end(machine, ending, at)
  if (phase._tag !== "Refused" || phase.refusal._tag !== "Unauthorized") return stay(machine)
  const failed = { ...machine, attempt: machine.attempt + 1 }
  return stay({
    ...failed,
    status: statusOf(phase.refusal),
    phase: { ...phase, askAt: at.now + delayOf(failed, at) }
  })
}

const forward = (
  machine: Machine,
  event: "Opened" | "Authorized" | "Subscribed",
  at: Circumstances
): Step => {
  const { phase } = machine
  if (phase._tag === "Opening" && event === "Opened") return opened(machine)
  if (phase._tag === "Authorizing" && event === "Authorized") {
    return machine.isSubscribed ? connect(machine, at) : subscribe(machine)
  }
  if (phase._tag === "Subscribing" && event === "Subscribed") return connect(machine, at)
  if (phase._tag === "Connected" && event === "Authorized") return tokenReplaced(machine, at)
  return stay(machine)
}

const opened = (machine: Machine): Step => {
  // The newest there is: it may have changed while the socket opened.
  const token = machine.latest
  const next = { ...machine, tried: token, explanation: undefined, explainedAt: undefined }
  return Option.match(token, {
    onNone: () => subscribe(next),
    onSome: (value) => ({
      machine: { ...next, phase: { _tag: "Authorizing" } },
      actions: [{ _tag: "Authorize", token: value }]
    })
  })
}

const subscribe = (machine: Machine): Step => ({
  machine: { ...machine, phase: { _tag: "Subscribing" } },
  actions: [{ _tag: "Subscribe" }]
})

const connect = (machine: Machine, at: Circumstances): Step => {
  const { now, wall } = at
  const { tried, troubleSince } = machine
  const generation = machine.generation + 1
  // The others may have been cut off by the same, and wait for as long as this session might have.
  const outage =
    troubleSince === undefined ? 0 : Math.max(now - troubleSince, spanOf(machine, at.tunables))
  const phase: Phase = {
    _tag: "Connected",
    token: tried,
    since: now,
    probing: undefined,
    change: undefined
  }
  const status: ConnectionStatus = { _tag: "Connected", generation, since: wall }
  return then(
    {
      machine: { ...machine, isSubscribed: true, refusals: 0, generation, phase, status },
      actions: [tell({ _tag: "Connected", generation, outage })]
    },
    (next) => replaceToken(next, at)
  )
}

// A token that changes.

const tokenChanged = (machine: Machine, at: Circumstances): Step => {
  const { latest, phase, refusals, tried } = machine
  switch (phase._tag) {
    case "Waiting":
      return open(machine, at)
    case "Refused":
      if (Equal.equals(latest, tried)) {
        return stay({ ...machine, status: statusOf(phase.refusal) })
      }
      // Where one token after another is refused, the next one waits its turn.
      return refusals < 2 ? open(machine, at) : wait(machine, "the last token was refused", at)
    case "Connected":
      return replaceToken(machine, at)
    default:
      return stay(machine)
  }
}

/**
 * Puts the latest token in place of that of the live connection, one change at a time. A socket that
 * was authorized can't be made anonymous again: that takes a new one.
 */
const replaceToken = (machine: Machine, at: Circumstances): Step => {
  const { latest, phase } = machine
  if (phase._tag !== "Connected" || Equal.equals(latest, phase.token)) return stay(machine)
  if (Option.isNone(latest)) {
    return then({ machine, actions: [{ _tag: "SayGoodbye" }] }, (m) =>
      end(m, lost("signed out"), at)
    )
  }
  if (phase.change !== undefined) return stay(machine)
  return {
    machine: { ...machine, phase: { ...phase, change: latest.value } },
    actions: [{ _tag: "Identify", before: phase.token, after: latest }]
  }
}

const identified = (machine: Machine, isOther: boolean, at: Circumstances): Step => {
  const { phase } = machine
  if (phase._tag !== "Connected" || phase.change === undefined) return stay(machine)
  const authorize: Action = { _tag: "Authorize", token: phase.change }
  if (!isOther) return { machine, actions: [authorize] }
  // Under the new user nobody could end the sessions of the old one. A new generation begins, on the
  // same socket and subscription.
  return {
    machine: {
      ...settled(machine, at),
      tried: Option.some(phase.change),
      phase: { _tag: "Authorizing" },
      status: connecting
    },
    actions: [
      { _tag: "SayGoodbye" },
      tell({ _tag: "Disconnected", reason: "another user signed in" }),
      authorize
    ]
  }
}

const tokenReplaced = (machine: Machine, at: Circumstances): Step => {
  const { phase } = machine
  if (phase._tag !== "Connected" || phase.change === undefined) return stay(machine)
  const token = Option.some(phase.change)
  const replaced: Phase = { ...phase, token, change: undefined }
  return replaceToken({ ...machine, tried: token, phase: replaced }, at)
}

const unaccepted = (machine: Machine, ending: ConnectionEnd, at: Circumstances): Step => {
  const { phase } = machine
  if (phase._tag === "Authorizing") return end(machine, ending, at)
  if (phase._tag !== "Connected" || phase.change === undefined) return stay(machine)
  if (ending._tag !== "Unauthorized") return end(machine, ending, at)
  // Until now the token before has held, and so does the session under it.
  const tried = Option.some(phase.change)
  return then({ machine: { ...machine, tried }, actions: [{ _tag: "SayGoodbye" }] }, (m) =>
    end(m, ending, at)
  )
}

// An end, and what comes after it.

const untroubled = { attempt: 0, troubleSince: undefined, isSentAway: false }

/** A connection that has held counts as the end of all trouble before it. */
const settled = (machine: Machine, { now, tunables }: Circumstances): Machine => {
  const { phase } = machine
  const isStable = phase._tag === "Connected" && now - phase.since >= tunables.stableAfter
  return isStable ? { ...machine, ...untroubled } : machine
}

const leave = (machine: Machine, reason: string, at: Circumstances): Step => {
  const { phase } = machine
  const actions: Array<Action> = []
  if (hasSocket(phase)) actions.push({ _tag: "CloseSocket" })
  if (phase._tag === "Connected") actions.push(tell({ _tag: "Disconnected", reason }))
  return { machine: settled(machine, at), actions }
}

/** Nodes that restart one after the other cut off again whoever has just come over: no more trouble. */
const begunAnew = (machine: Machine, { sentAway }: ConnectionEnd): Machine =>
  sentAway === "restart" && machine.phase._tag === "Connected"
    ? { ...machine, ...untroubled }
    : machine

const end = (machine: Machine, ending: ConnectionEnd, at: Circumstances): Step =>
  then(leave(begunAnew(machine, ending), ending.reason, at), (left) => {
    const next = {
      ...left,
      attempt: left.attempt + 1,
      troubleSince: left.troubleSince ?? at.now,
      isSentAway: ending.sentAway !== undefined || left.isSentAway
    }
    const known = ending.isUnexplained === true ? (machine.explanation ?? ending) : ending
    if (known._tag !== "Lost") return refuse(next, known, at)
    const waiting = wait(next, known.reason, at)
    return ending.isUnexplained === true ? then(waiting, (m) => explain(m, at)) : waiting
  })

/** Within what time those who were cut off together first try again. */
const spanOf = ({ isSentAway }: Machine, { backoffBase, restartSpread }: Tunables): number =>
  isSentAway ? restartSpread : backoffBase

const delayOf = (machine: Machine, { now, random, tunables }: Circumstances): number =>
  backoff({
    attempt: machine.attempt,
    // Who comes at once finds nobody, and comes again.
    random: machine.isSentAway ? (1 + 3 * random) / 4 : random,
    base: spanOf(machine, tunables),
    max: tunables.backoffMax,
    trouble: now - (machine.troubleSince ?? now)
  })

const wait = (machine: Machine, reason: string, at: Circumstances): Step => {
  const delay = delayOf(machine, at)
  const { attempt } = machine
  const phase: Phase = { _tag: "Waiting", until: at.now + delay }
  const status: ConnectionStatus = at.isOnline
    ? { _tag: "Reconnecting", attempt, retryAt: at.wall + delay, reason }
    : { _tag: "Offline" }
  return stay({ ...machine, phase, status })
}

const statusOf = ({ _tag, reason }: ConnectionEnd): ConnectionStatus =>
  _tag === "Lost" ? connecting : { _tag, reason }

const refuse = (machine: Machine, refusal: ConnectionEnd, at: Circumstances): Step => {
  const isFinal = refusal._tag === "Failed"
  const refused: Machine = {
    ...machine,
    refusals: machine.refusals + 1,
    phase: { _tag: "Refused", refusal, askAt: undefined },
    // Whoever gives the tokens may have another one by now; a person is asked for one only if not.
    status: isFinal ? statusOf(refusal) : connecting,
    explainedAt: undefined,
    explanation: undefined
  }
  if (!Equal.equals(machine.latest, machine.tried)) return tokenChanged(refused, at)
  return { machine: refused, actions: isFinal ? [] : [{ _tag: "AskToken" }] }
}

/**
 * A browser hides why no socket opens; asking the API tells more. Not the first time it happens, nor
 * soon after a server that restarts has said so.
 */
const explain = (machine: Machine, { isOnline, now }: Circumstances): Step => {
  const { attempt, explainedAt, isSentAway, tried } = machine
  const isRecent = explainedAt !== undefined && now - explainedAt < explainInterval
  if (!isOnline || isRecent || attempt < (isSentAway ? 4 : 2)) return stay(machine)
  return {
    machine: { ...machine, explainedAt: now },
    actions: [{ _tag: "Explain", token: tried }]
  }
}

const explained = (machine: Machine, explanation: ConnectionEnd, at: Circumstances): Step => {
  const { explainedAt, phase, status } = machine
  if (explainedAt === undefined) return stay(machine)
  const next = { ...machine, explanation }
  if (phase._tag !== "Waiting") return stay(next)
  if (explanation._tag !== "Lost") return refuse(next, explanation, at)
  if (status._tag !== "Reconnecting") return stay(next)
  return stay({ ...next, status: { ...status, reason: explanation.reason } })
}

// Whether it still lives.

const probe = (machine: Machine): Step => {
  const { phase } = machine
  if (phase._tag !== "Connected" || phase.probing !== undefined) return stay(machine)
  const number = machine.probes + 1
  return {
    machine: { ...machine, probes: number, phase: { ...phase, probing: number } },
    actions: [{ _tag: "Probe", probe: number }]
  }
}

const probed = (machine: Machine, isAlive: boolean, at: Circumstances): Step => {
  const { phase } = machine
  if (phase._tag !== "Connected") return stay(machine)
  if (!isAlive) return end(machine, lost("the connection fell silent"), at)
  return stay({ ...machine, phase: { ...phase, probing: undefined } })
}

const resume = (machine: Machine, at: Circumstances): Step => {
  const { phase } = machine
  if (phase._tag !== "Connected") return ask(machine, at)
  // The time of a probe that was under way has run out asleep: it says nothing.
  const awake: Machine = { ...machine, phase: { ...phase, probing: undefined } }
  return then({ machine: awake, actions: [tell({ _tag: "Resumed" })] }, probe)
}

// The page and its network.

const shown = (machine: Machine, at: Circumstances): Step =>
  machine.phase._tag === "Away" || isWaiting(machine) ? ask(machine, at) : stay(machine)

const away = (machine: Machine, at: Circumstances): Step => {
  const goodbye: ReadonlyArray<Action> =
    machine.phase._tag === "Connected" ? [{ _tag: "SayGoodbye" }] : []
  const left = leave(machine, "the page is hidden", at)
  return {
    machine: {
      ...left.machine,
      phase: { _tag: "Away" },
      status: paused,
      ...untroubled
    },
    actions: [...goodbye, ...left.actions]
  }
}

const close = (machine: Machine): Step => ({
  machine: { ...machine, phase: { _tag: "Closed" }, status: closed },
  actions: hasSocket(machine.phase) ? [{ _tag: "CloseSocket" }] : []
})
