/** How many messages a server sends when many join at once, until each knows where all others are. */
import { strictEqual } from "node:assert/strict"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as PresenceConfig from "../../../src/PresenceConfig.ts"
import type { Measure } from "../../suite.ts"
import { now, sleep } from "./Crowd.ts"
import { contenders, isHeartbeat, nameOf, rollCall } from "./protocols.ts"
import { RawSocket } from "./RawSocket.ts"
import { startServer } from "./Server.ts"

/** - `quiet`: milliseconds without any message after which it is over. */
export interface Input {
  readonly contender: "ours" | "forward"
  readonly members: number
  readonly quiet: number
}

const config = PresenceConfig.make({})
const perSession = Duration.toMillis(config.rollCallJitterPerSession)
const longest = Duration.toMillis(config.rollCallJitterMax)
const announceWindow = Duration.toMillis(config.announceWindow)

/** Longer than any wait of a client. */
const patience = 250_000

/**
 * Joins as our client does: calls the roll, announces itself, and answers the roll calls of others after
 * a jitter that grows with those it knows, several with one announce.
 */
const join = async (url: string, member: number) => {
  const { protocol } = contenders.ours
  const socket = await RawSocket.open(url, protocol.path)
  const known = new Set<string>()
  const seen = { socket, known, states: 0, rollCalls: 0, announces: 0, heartbeats: 0, last: now() }
  let announcedAt = 0
  let isDue = false
  const announce = () => {
    isDue = false
    announcedAt = now()
    const state = { sessionId: nameOf(member), locations: [] }
    socket.write(protocol.encode(member, seen.announces++, state))
  }
  const answer = () => {
    if (isDue) return
    isDue = true
    const jitter = Math.random() * Math.min(longest, known.size * perSession)
    setTimeout(announce, Math.max(jitter, announcedAt + announceWindow - now()))
  }
  await protocol.enter(socket, member)
  socket.onMessage = (buffer, from, to) => {
    if (isHeartbeat(buffer, from)) return void (seen.heartbeats += 1)
    seen.last = now()
    const event = JSON.parse(buffer.toString("utf8", from, to)).params?.result
    if (event?.type === "state") {
      seen.states += 1
      known.add(event.m.sessionId)
    } else if (event?.type === "rollCall") {
      seen.rollCalls += 1
      if (event.session !== nameOf(member)) answer()
    }
  }
  socket.write(rollCall(member))
  announce()
  return seen
}

export const measure: Measure<Input> = ({ contender, members, quiet }) =>
  Effect.gen(function* () {
    const { ask, url } = yield* startServer(contender)
    return yield* Effect.promise(async () => {
      const before = await ask("cost")
      const started = now()
      const all = await Promise.all(
        Array.from({ length: members }, (_, member) => join(url, member))
      )
      const latest = () => Math.max(...all.map(({ last }) => last))
      while (now() - latest() < quiet) {
        if (now() - started > patience) throw new Error("it comes to no end")
        await sleep(20)
      }
      const { cpu } = await ask("cost")
      for (const { known } of all) strictEqual(known.size, members, "everyone knows everyone")
      const sum = (of: (one: (typeof all)[number]) => number) =>
        all.reduce((total, one) => total + of(one), 0)
      const messages = sum(({ heartbeats, socket }) => socket.received - heartbeats)
      const learned = members * (members - 1)
      return {
        messages,
        each: messages / members,
        perState: messages / learned,
        learned,
        states: sum(({ states }) => states),
        rollCalls: sum(({ rollCalls }) => rollCalls),
        announces: sum(({ announces }) => announces),
        seconds: (latest() - started) / 1_000,
        processor: (cpu - before.cpu) / 1_000
      }
    })
  }).pipe(Effect.scoped, Effect.runPromise)
