/** What a restart of the relay does to everyone who is there. */
import * as Effect from "effect/Effect"
import type * as PresenceConfig from "../../../src/PresenceConfig.ts"
import { now } from "../../processes/clock.ts"
import type { Course } from "../../processes/clients.ts"
import { mostWithin } from "../../statistics.ts"
import type { Figures, Measure } from "../../suite.ts"
import { startClients, startNodes, untilComplete } from "./Site.ts"

/**
 * - `nodes`: relays, of which one after the other is restarted, behind a balancer if there are several.
 * - `sessions`, from so many `processes`.
 * - `signal`: SIGTERM is an end in good order, SIGKILL is a crash.
 * - `down`: how long the relay is gone, in milliseconds.
 */
export interface Input {
  readonly nodes: number
  readonly sessions: number
  readonly processes: number
  readonly signal: "SIGTERM" | "SIGKILL"
  readonly down: number
  readonly config?: PresenceConfig.PresenceConfigInput
}

/** How long everyone may take to join, or to be back, in milliseconds. */
const patience = 60_000

/** How long it is counted after all see all again: an idle announce of each is in it. Milliseconds. */
const after = 30_000

const toFigures = (course: Course, goneAt: number, upAt: number, seenAt: number): Figures => {
  const { announces, attempts, backAt, blind, changes, questions } = course
  const back = backAt.filter((at) => at !== null)
  const count = (begin: string) =>
    Object.entries(changes)
      .filter(([what]) => what.startsWith(begin))
      .reduce((sum, [, times]) => sum + times, 0)
  return {
    cut: back.length,
    back: (Math.max(...back) - goneAt) / 1_000,
    backAfterUp: (Math.max(...back) - upAt) / 1_000,
    seen: (seenAt - goneAt) / 1_000,
    blind: Math.max(...blind) / 1_000,
    attempts: mostWithin(1_000, attempts),
    attemptsOfOne: attempts.length / announces.length,
    questions: mostWithin(1_000, questions),
    announces: Math.max(...announces),
    announcesOfOne: announces.reduce((a, b) => a + b, 0) / announces.length,
    left: count("Left"),
    joined: count("Joined")
  }
}

export const measure: Measure<Input> = (input) =>
  Effect.gen(function* () {
    const { down, nodes: count, sessions, signal } = input
    const { balancer, nodes, url } = yield* startNodes(count)
    const crowd = yield* startClients({ ...input, url })
    yield* untilComplete(crowd, sessions, patience)
    // By then all connections have proved stable.
    yield* Effect.sleep("12 seconds")
    yield* crowd.mark
    let goneAt = 0
    let upAt = 0
    let seenAt = 0
    for (const node of nodes) {
      yield* balancer.setLive(node.port, false)
      if (signal === "SIGKILL") goneAt = now()
      yield* node.end(signal)
      if (signal === "SIGTERM") goneAt = now()
      yield* node.start(goneAt + down)
      upAt = now()
      yield* balancer.setLive(node.port, true)
      seenAt = yield* untilComplete(crowd, sessions, patience)
    }
    yield* Effect.sleep(after)
    yield* untilComplete(crowd, sessions, patience)
    return toFigures(yield* crowd.course, goneAt, upAt, seenAt)
  }).pipe(Effect.scoped, Effect.runPromise)
