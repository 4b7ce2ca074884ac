/**
 * What an end of the connection leaves behind, and how long the next attempt waits. Pure.
 */
import { connecting, type ConnectionStatus } from "../ConnectionStatus.ts"
import { backoff } from "./Backoff.ts"
import type { ConnectionEnd } from "./ConnectionEnd.ts"
import {
  type Action,
  become,
  type Circumstances,
  hasSocket,
  type Machine,
  type Phase,
  type Step,
  tell,
  type Tunables
} from "./ConnectionState.ts"

/** As before the first trouble. */
export const untroubled = { attempt: 0, troubleSince: undefined, isSentAway: false }

/** A connection that has held counts as the end of all trouble before it. */
export const settled = (machine: Machine, { now, tunables }: Circumstances): Machine => {
  const { phase } = machine
  const isStable = phase._tag === "Connected" && now - phase.since >= tunables.stableAfter
  return isStable ? { ...machine, ...untroubled } : machine
}

/** Lets go of the socket, and tells of it. */
export const leave = (machine: Machine, reason: string, at: Circumstances): Step => {
  const { phase } = machine
  const actions: Array<Action> = []
  if (hasSocket(phase)) actions.push({ _tag: "CloseSocket" })
  if (phase._tag === "Connected") actions.push(tell({ _tag: "Disconnected", reason }))
  return { machine: settled(machine, at), actions }
}

/** Nodes that restart one after the other cut off again whoever has just come over: no more trouble. */
export const begunAnew = (machine: Machine, { sentAway }: ConnectionEnd): Machine =>
  sentAway === "restart" && machine.phase._tag === "Connected"
    ? { ...machine, ...untroubled }
    : machine

/** Within what time those who were cut off together first try again. */
export const spanOf = ({ isSentAway }: Machine, { backoffBase, restartSpread }: Tunables): number =>
  isSentAway ? restartSpread : backoffBase

/** Until the next attempt, in milliseconds. */
export const delayOf = (machine: Machine, { now, random, tunables }: Circumstances): number =>
  backoff({
    attempt: machine.attempt,
    // Who comes at once finds nobody, and comes again.
    random: machine.isSentAway ? (1 + 3 * random) / 4 : random,
    base: spanOf(machine, tunables),
    max: tunables.backoffMax,
    trouble: now - (machine.troubleSince ?? now)
  })

/** Waits for its turn to try again; `reason` is what a person is told. */
export const wait = (machine: Machine, reason: string, at: Circumstances): Step => {
  const delay = delayOf(machine, at)
  const { attempt } = machine
  const phase: Phase = { _tag: "Waiting", until: at.now + delay }
  const status: ConnectionStatus = at.isOnline
    ? { _tag: "Reconnecting", attempt, retryAt: at.wall + delay, reason }
    : { _tag: "Offline" }
  return become(machine, { phase, status })
}

/** What a person is told of an end. */
export const statusOf = ({ _tag, reason }: ConnectionEnd): ConnectionStatus =>
  _tag === "Lost" ? connecting : { _tag, reason }
