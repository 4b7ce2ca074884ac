/**
 * The life of the connection as a state machine: what happened, and when, gives the next state and
 * what to do. Pure; the transport feeds it and runs its actions. SPEC.md draws it.
 */
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import type { Token } from "../Auth.ts"
import { closed, connecting, type ConnectionStatus, paused } from "../ConnectionStatus.ts"
import { ask, open, opened, subscribe } from "./ConnectionAttempt.ts"
import { type ConnectionEnd, lost } from "./ConnectionEnd.ts"
import {
  type Action,
  andThen,
  become,
  type Circumstances,
  type Event,
  hasSocket,
  isActive,
  isIdle,
  isProbing,
  isWaiting,
  isWatched,
  type Machine,
  type Phase,
  stay,
  type Step,
  tell,
  unexplained,
  type WorldEvent
} from "./ConnectionState.ts"
import {
  begunAnew,
  delayOf,
  leave,
  settled,
  spanOf,
  statusOf,
  untroubled,
  wait
} from "./ConnectionWait.ts"
import * as Liveness from "./Liveness.ts"

/** How long nobody looks again into why no socket opens. 30 s: the answer seldom changes. */
const explainInterval = 30_000

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
    ? andThen(resume(machine, at), (awake) => move(awake, event, at))
    : move(machine, event, at)
}

const look = ({ liveness, phase }: Machine, event: Event, { now, wall }: Circumstances) => {
  if (event._tag === "Opened") return Liveness.hear(liveness, now, wall, false)
  if (event._tag !== "Heard") return Liveness.look(liveness, now, wall)
  return Liveness.hear(liveness, now, wall, !isProbing(phase))
}

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
      return isWaiting(machine) ? become(machine, { status: { _tag: "Offline" } }) : probe(machine)
    case "Visible":
      return shown({ ...machine, hiddenSince: undefined }, at)
    case "Invisible":
      return become(machine, { hiddenSince: at.now })
    case "PageShown":
      return machine.phase._tag === "Connected"
        ? andThen(leave(machine, "the page was away", at), (left) => ask(left, at))
        : shown(machine, at)
    case "PageHidden":
      return isActive(machine.phase) ? away(machine, at) : stay(machine)
    case "Closing":
      return close(machine)
  }
}

const tick = (machine: Machine, at: Circumstances): Step => {
  const { hiddenSince, liveness, phase } = machine
  const { now, tunables } = at
  const { hiddenTimeout, silenceMin } = tunables
  if (phase._tag === "Refused" && phase.askAt !== undefined && now >= phase.askAt) {
    const asking: Phase = { ...phase, askAt: undefined }
    return become(machine, { phase: asking }, { _tag: "AskToken" })
  }
  if (!isWatched(phase)) return stay(machine)
  if (hiddenSince !== undefined && now >= hiddenSince + hiddenTimeout) return away(machine, at)
  if (phase._tag === "Waiting" && now >= phase.until) return ask(machine, at)
  return now >= Liveness.silentAt(liveness, silenceMin) ? probe(machine) : stay(machine)
}

// An attempt, from the token to the subscription.

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
  return become(failed, {
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
  return andThen(
    become(
      machine,
      { isSubscribed: true, refusals: 0, generation, phase, status },
      tell({ _tag: "Connected", generation, outage })
    ),
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
        return become(machine, { status: statusOf(phase.refusal) })
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
    return andThen(become(machine, {}, { _tag: "SayGoodbye" }), (m) =>
      end(m, lost("signed out"), at)
    )
  }
  if (phase.change !== undefined) return stay(machine)
  return become(
    machine,
    { phase: { ...phase, change: latest.value } },
    { _tag: "Identify", before: phase.token, after: latest }
  )
}

const identified = (machine: Machine, isOther: boolean, at: Circumstances): Step => {
  const { phase } = machine
  if (phase._tag !== "Connected" || phase.change === undefined) return stay(machine)
  const authorize: Action = { _tag: "Authorize", token: phase.change }
  if (!isOther) return become(machine, {}, authorize)
  // Under the new user nobody could end the sessions of the old one. A new generation begins, on the
  // same socket and subscription.
  return become(
    settled(machine, at),
    { tried: Option.some(phase.change), phase: { _tag: "Authorizing" }, status: connecting },
    { _tag: "SayGoodbye" },
    tell({ _tag: "Disconnected", reason: "another user signed in" }),
    authorize
  )
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
  return andThen(become(machine, { tried }, { _tag: "SayGoodbye" }), (m) => end(m, ending, at))
}

// An end, and what comes after it.

const end = (machine: Machine, ending: ConnectionEnd, at: Circumstances): Step =>
  andThen(leave(begunAnew(machine, ending), ending.reason, at), (left) => {
    const next = {
      ...left,
      attempt: left.attempt + 1,
      troubleSince: left.troubleSince ?? at.now,
      isSentAway: ending.sentAway !== undefined || left.isSentAway
    }
    const known = ending.isUnexplained === true ? (machine.explanation ?? ending) : ending
    if (known._tag !== "Lost") return refuse(next, known, at)
    const waiting = wait(next, known.reason, at)
    return ending.isUnexplained === true ? andThen(waiting, (m) => explain(m, at)) : waiting
  })

const refuse = (machine: Machine, refusal: ConnectionEnd, at: Circumstances): Step => {
  const isFinal = refusal._tag === "Failed"
  const refused: Machine = {
    ...machine,
    refusals: machine.refusals + 1,
    phase: { _tag: "Refused", refusal, askAt: undefined },
    // Whoever gives the tokens may have another one by now; a person is asked for one only if not.
    status: isFinal ? statusOf(refusal) : connecting,
    ...unexplained
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
  return become(machine, { explainedAt: now }, { _tag: "Explain", token: tried })
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
  return become(
    machine,
    { probes: number, phase: { ...phase, probing: number } },
    { _tag: "Probe", probe: number }
  )
}

const probed = (machine: Machine, isAlive: boolean, at: Circumstances): Step => {
  const { phase } = machine
  if (phase._tag !== "Connected") return stay(machine)
  if (!isAlive) return end(machine, lost("the connection fell silent"), at)
  return become(machine, { phase: { ...phase, probing: undefined } })
}

const resume = (machine: Machine, at: Circumstances): Step => {
  const { phase } = machine
  if (phase._tag !== "Connected") return ask(machine, at)
  // The time of a probe that was under way has run out asleep: it says nothing.
  const awake: Phase = { ...phase, probing: undefined }
  return andThen(become(machine, { phase: awake }, tell({ _tag: "Resumed" })), probe)
}

// The page and its network.

const shown = (machine: Machine, at: Circumstances): Step =>
  machine.phase._tag === "Away" || isWaiting(machine) ? ask(machine, at) : stay(machine)

const away = (machine: Machine, at: Circumstances): Step => {
  const goodbye: ReadonlyArray<Action> =
    machine.phase._tag === "Connected" ? [{ _tag: "SayGoodbye" }] : []
  const left = leave(machine, "the page is hidden", at)
  return become(
    left.machine,
    { phase: { _tag: "Away" }, status: paused, ...untroubled },
    ...goodbye,
    ...left.actions
  )
}

const close = (machine: Machine): Step =>
  become(
    machine,
    { phase: { _tag: "Closed" }, status: closed },
    ...(hasSocket(machine.phase) ? [{ _tag: "CloseSocket" } as const] : [])
  )
