/**
 * How long it takes from a report in this process until a page has committed it. Between them are a
 * relay, and those who sit in the room, each a process of its own.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { createPresence } from "../../../src/index.ts"
import { startOthers, startRelay } from "../../processes/child.ts"
import { percentile } from "../../statistics.ts"
import type { Measure } from "../../suite.ts"
import { announceWindow } from "./announceWindow.ts"
import { now, open, type Page } from "./Page.ts"

/**
 * - `page`: the module of the page.
 * - `sessions`: everyone in the room, with the page and the one who moves.
 * - `pace`: `quiet` is a move after each time in which the announce window is over; `continuous` one
 *   every 16 ms.
 */
export interface Input {
  readonly page: "ours.tsx" | "limit.ts"
  readonly sessions: number
  readonly pace: "quiet" | "continuous"
  readonly moves: number
  readonly warmUp: number
}

const room = { dataset: "latency", documentId: "drafts.watched" }

/** Milliseconds after which others announce themselves, as clients of the protocol do. */
const interval = 30_000

/** Milliseconds from one move to the next; not in step with frames, which come every 17 ms. */
const wait = (pace: Input["pace"]) =>
  pace === "continuous" ? 16 : announceWindow + 20 + Math.random() * 20

/** How long something may take that has to come, in milliseconds. */
const patience = 20_000

const until = (what: string, isSo: Effect.Effect<boolean>) =>
  Effect.gen(function* () {
    while (!(yield* isSo)) yield* Effect.sleep("20 millis")
  }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => Effect.die(new Error(`in vain: ${what}`))
    })
  )

/** Moves, and gives when it reported each. */
const move = async (report: (move: number) => void, { moves, pace, warmUp }: Input) => {
  const reported: Array<number> = []
  for (let move = 0; move < warmUp + moves; move++) {
    reported.push(now())
    report(move)
    await sleep(wait(pace))
  }
  return reported
}

/** What the page showed must have been reported, and in that order; after a quiet while, all of it. */
const latencies = (
  reported: ReadonlyArray<number>,
  commits: Effect.Success<Page["commits"]>,
  { pace, warmUp }: Input
): ReadonlyArray<number> => {
  const shown = commits.map((commit) => commit.move)
  deepStrictEqual(
    shown,
    [...new Set(shown)].toSorted((a, b) => a - b)
  )
  strictEqual(shown.at(-1), reported.length - 1)
  if (pace === "quiet") deepStrictEqual(shown, Array.from(reported.keys()))
  const all: Array<number> = []
  let next = 0
  for (const { at, move } of commits) {
    for (; next <= move; next++) all.push(at - (reported[next] ?? Number.NaN))
  }
  if (!all.every((millis) => millis > 0)) throw new Error("something showed before it was reported")
  return all.slice(warmUp)
}

export const measure: Measure<Input> = (input) =>
  Effect.gen(function* () {
    const apiHost = yield* startRelay
    yield* startOthers({
      url: apiHost,
      dataset: room.dataset,
      sessions: input.sessions - 2,
      interval
    })
    const page = yield* open(new URL(input.page, import.meta.url), { ...room, apiHost })
    const presence = createPresence({
      projectId: "demo",
      dataset: room.dataset,
      apiHost,
      token: "p-mover"
    })
    yield* Effect.promise(presence.ready)
    const report = (move: number) =>
      presence.reportPresence([{ documentId: room.documentId, path: [String(move)] }])
    presence.reportPresence([])
    const others = input.sessions - 1
    yield* until(
      "everyone to be in the page",
      Effect.map(page.others, (n) => n === others)
    )
    const known = presence.getPresenceLocations().getCurrent().length
    strictEqual(known, others, "everyone, for the one who moves")
    yield* Effect.sleep("1 second")

    const reported = yield* Effect.promise(() => move(report, input))
    yield* until(
      "the last move",
      Effect.map(page.commits, (all) => all.at(-1)?.move === reported.length - 1)
    )
    const all = latencies(reported, yield* page.commits, input)
    yield* Effect.promise(presence.close)
    return {
      moves: all.length,
      p50: percentile(all, 0.5),
      p99: percentile(all, 0.99),
      most: Math.max(...all)
    }
  }).pipe(Effect.scoped, Effect.runPromise)
