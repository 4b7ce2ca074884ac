/** What memory a relay holds for a session that it knows, whoever's connection it is on. */
import { strictEqual } from "node:assert/strict"
import { UserId, SessionId } from "../../../src/Session.ts"
import { makeOwner } from "../../../src/relay/Owner.ts"
import { Room } from "../../../src/relay/Room.ts"
import type { Measure } from "../../suite.ts"

/** - `bytes`: of an event as it is received, about. */
export interface Input {
  readonly sessions: number
  readonly bytes: number
}

/** Of an event without its locations. */
const envelope = 180

const heapNow = () => {
  for (let times = 0; times < 5; times++) globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

export const measure: Measure<Input> = async ({ bytes, sessions }) => {
  const room = new Room("subscription", { announceInterval: 50 })
  const before = heapNow()
  for (let n = 0; n < sessions; n++) {
    const locations = [{ type: "document", documentId: `${n}`.padEnd(bytes - envelope, "x") }]
    const owner = makeOwner("another node", n)
    room.announce(owner, UserId.make(`user-${n}`), SessionId.make(`session-${n}`), locations, n)
  }
  const held = heapNow() - before
  strictEqual(room.size, sessions, "sessions that are known")
  return { session: held / sessions }
}
