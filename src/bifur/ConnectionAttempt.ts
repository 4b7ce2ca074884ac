/**
 * An attempt to connect, from the token to the subscription. Pure.
 */
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import { connecting } from "../ConnectionStatus.ts"
import {
  become,
  type Circumstances,
  type Machine,
  type Step,
  unexplained
} from "./ConnectionState.ts"

/** While a lost connection is tried again, the status goes on to say why. */
const begun = (machine: Machine, { isOnline }: Circumstances): Machine => {
  const { status } = machine
  const goesOn = status._tag === "Reconnecting" || (status._tag === "Offline" && !isOnline)
  return goesOn ? machine : { ...machine, status: connecting }
}

/** Begins with the token. */
export const ask = (machine: Machine, at: Circumstances): Step =>
  become(begun(machine, at), { phase: { _tag: "Asking" } }, { _tag: "AskToken" })

/** Opens the next socket, for the latest token. */
export const open = (machine: Machine, at: Circumstances): Step => {
  const socket = machine.socket + 1
  return become(
    forgotten(begun(machine, at)),
    { socket, isSubscribed: false, tried: machine.latest, phase: { _tag: "Opening" } },
    { _tag: "Open", socket }
  )
}

/** What was found out about one token says nothing of another. */
const forgotten = (machine: Machine): Machine =>
  Equal.equals(machine.latest, machine.tried) ? machine : { ...machine, ...unexplained }

/** Authorizes where there is a token, and subscribes where there is none. */
export const opened = (machine: Machine): Step => {
  // The newest there is: it may have changed while the socket opened.
  const token = machine.latest
  const next = { ...machine, ...unexplained, tried: token }
  return Option.match(token, {
    onNone: () => subscribe(next),
    onSome: (value) =>
      become(next, { phase: { _tag: "Authorizing" } }, { _tag: "Authorize", token: value })
  })
}

/** Asks for the events of the room. */
export const subscribe = (machine: Machine): Step =>
  become(machine, { phase: { _tag: "Subscribing" } }, { _tag: "Subscribe" })
