import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { type ConnectionEnd, fromClose, unreachable } from "../../src/bifur/ConnectionEnd.ts"
import * as Machine from "../../src/bifur/ConnectionMachine.ts"
import * as State from "../../src/bifur/ConnectionState.ts"
import * as PresenceConfig from "../../src/PresenceConfig.ts"
import { mostWithin } from "../../bench/statistics.ts"
import { makeRandom } from "../support/random.ts"

const tunablesOf = (input: PresenceConfig.PresenceConfigInput): State.Tunables => {
  const config = PresenceConfig.make(input)
  return {
    backoffBase: Duration.toMillis(config.backoffBase),
    backoffMax: Duration.toMillis(config.backoffMax),
    restartSpread: Duration.toMillis(config.restartSpread),
    stableAfter: Duration.toMillis(config.stableAfter),
    silenceMin: Duration.toMillis(config.silenceMin),
    hiddenTimeout: Duration.toMillis(config.hiddenTimeout)
  }
}

/**
 * - `attempts`: when each of all clients' attempts was made; the first connections are not
 *   among them.
 * - `questions`: when the API was asked why no socket opens.
 * - `back`: when each client was connected again, and `patience`: when it will let go of the others.
 */
interface Course {
  readonly attempts: ReadonlyArray<number>
  readonly questions: ReadonlyArray<number>
  readonly back: ReadonlyArray<number>
  readonly patience: ReadonlyArray<number>
}

/**
 * Cuts clients off, one after the other within `drain` milliseconds, in which nobody is let in any
 * more, from a server that is back `outage` milliseconds later. All times are from its going.
 */
const cutOff = (options: {
  readonly ending: ConnectionEnd
  readonly outage: number
  readonly drain?: number
  readonly seed: number
  readonly config?: PresenceConfig.PresenceConfigInput
}): Course => {
  const { config = {}, drain = 0, ending, outage, seed } = options
  const random = makeRandom(seed)
  const tunables = tunablesOf(config)
  const grace = Duration.toMillis(PresenceConfig.make(config).staleTimeout)
  const attempts: Array<number> = []
  const questions: Array<number> = []
  const back: Array<number> = []
  const patience: Array<number> = []
  const drainAt = 60_000
  const cutAt = drainAt + drain
  for (let client = 0; client < clients; client++) {
    let machine = State.initial(Option.none(), true, at(0))
    const step = (event: State.Event, now: number): void => {
      const next = Machine.step(machine, event, at(now))
      machine = next.machine
      for (const action of next.actions) {
        if (action._tag === "AskToken") step({ _tag: "TokenGiven", token: Option.none() }, now)
        if (action._tag === "Explain") questions.push(now - cutAt)
        if (action._tag === "Open") open(action.socket, now)
        if (action._tag === "Tell" && action.signal._tag === "Connected" && now > drainAt) {
          back.push(now - cutAt)
          patience.push(now - cutAt + grace + action.signal.outage)
        }
      }
    }
    const open = (socket: number, now: number): void => {
      if (now > drainAt) attempts.push(now - cutAt)
      if (now > drainAt && now < cutAt + outage) {
        return step({ _tag: "Ended", socket, end: unreachable("ws://relay") }, now)
      }
      step({ _tag: "Opened", socket }, now)
      step({ _tag: "Subscribed", socket }, now)
    }
    step({ _tag: "Tick" }, 0)
    step(
      { _tag: "Ended", socket: machine.socket, end: ending },
      drainAt + (drain * client) / clients
    )
    while (machine.phase._tag === "Waiting") step({ _tag: "Tick" }, machine.phase.until)
  }
  return { attempts, questions, back, patience }

  function at(now: number): State.Circumstances {
    return { now, wall: now, random: random(), isOnline: true, tunables }
  }
}

const clients = 500

const seeds = Array.from({ length: 40 }, (_, seed) => 7_919 * (seed + 1))

const inTurn = (options: Omit<Parameters<typeof cutOff>[0], "seed">) =>
  seeds.map((seed) => cutOff({ ...options, seed }))

const assertGentle = (courses: ReadonlyArray<Course>) => {
  for (const { attempts, back } of courses) {
    assert.strictEqual(back.length, 500)
    assert.isAtMost(Math.max(...back), 10_000)
    assert.isAtMost(mostWithin(1_000, attempts), 150)
  }
}

describe("500 clients that are cut off together for 2 s", () => {
  for (const code of [1012, 1013]) {
    it(`[C11] sent away with ${code}, make at most 150 attempts in any second and are back within 10 s`, () => {
      const courses = inTurn({ ending: fromClose(code, ""), outage: 2_000 })
      assertGentle(courses)
      // Whoever sent them away said why: hardly anybody asks.
      for (const { questions } of courses) assert.isAtMost(questions.length, 10)
    })
  }

  it("[C11] sent away within 5 s, do so too", () => {
    assertGentle(inTurn({ ending: fromClose(1012, ""), outage: 2_000, drain: 5_000 }))
  })

  it("[C3] without a word, do so where `backoffBase` is as long", () => {
    assertGentle(
      inTurn({ ending: fromClose(1006, ""), outage: 2_000, config: { backoffBase: "7 seconds" } })
    )
  })

  it("[C3] without a word, are back within 2 s more", () => {
    for (const { back } of inTurn({ ending: fromClose(1006, ""), outage: 2_000 })) {
      assert.isAtMost(Math.max(...back), 4_000)
    }
  })
})

describe("those who are back", () => {
  for (const outage of [1, 500, 2_000, 10_000, 30_000]) {
    it(`[R4] [C11] let go of nobody who is still on the way, after ${outage / 1_000} s`, () => {
      const { back, patience } = cutOff({ ending: fromClose(1012, ""), outage, seed: outage })
      // A second for the way from being connected to being seen.
      assert.isAbove(Math.min(...patience), Math.max(...back) + 1_000)
    })
  }
})
