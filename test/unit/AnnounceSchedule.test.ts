import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as AnnounceSchedule from "../../src/AnnounceSchedule.ts"
import { fromReported, isSameLocations, type Location } from "../../src/Location.ts"

const intervals = { announceInterval: 30_000, announceWindow: 200 }
const at = (...paths: ReadonlyArray<string>): ReadonlyArray<Location> =>
  paths.map((path) => fromReported({ documentId: "a", path: [path] }, `${Math.random()}`))

const Step = Schema.Struct({
  wait: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })),
  action: Schema.Literals([
    "report",
    "report",
    "report",
    "rollCall",
    "connect",
    "disconnect",
    "wait"
  ]),
  paths: Schema.Array(Schema.Literals(["title", "body"])).check(Schema.isMaxLength(1))
})
const Steps = Schema.Array(Step).check(Schema.isMaxLength(40))

interface Sent {
  readonly at: number
  readonly locations: ReadonlyArray<Location>
}

/** Runs the steps, sending whenever something is due, as the announcer does. */
const run = (steps: ReadonlyArray<typeof Step.Type>, tail = 60_000) => {
  let schedule = AnnounceSchedule.initial
  let now = 0
  const sent: Array<Sent> = []
  const until = (end: number) => {
    for (;;) {
      const due = AnnounceSchedule.dueAt(schedule, intervals)
      if (due === undefined || due > end || schedule.current === undefined) break
      now = Math.max(now, due)
      sent.push({ at: now, locations: schedule.current })
      schedule = AnnounceSchedule.sent(schedule, now)
    }
    now = end
  }
  for (const { action, paths, wait } of steps) {
    until(now + wait)
    if (action === "report")
      schedule = AnnounceSchedule.report(schedule, at(...paths), now, intervals)
    if (action === "rollCall") schedule = AnnounceSchedule.rollCall(schedule, now, 10, intervals)
    if (action === "connect") schedule = AnnounceSchedule.connected(schedule, now)
    if (action === "disconnect") schedule = AnnounceSchedule.disconnected(schedule)
  }
  until(now + tail)
  return { schedule, sent, now }
}

const connect = { wait: 0, action: "connect", paths: [] } as const
const report = (wait: number, ...paths: ReadonlyArray<"title" | "body">) =>
  ({ wait, action: "report", paths }) as const

describe("AnnounceSchedule", () => {
  it.prop(
    "[A2] whatever happens, what was reported last is what was announced last",
    [Steps],
    ([steps]) => {
      const { schedule, sent } = run([...steps, connect])
      if (schedule.current === undefined) return assert.deepStrictEqual(sent, [])
      assert.isTrue(isSameLocations(sent.at(-1)?.locations ?? at("nothing sent"), schedule.current))
    }
  )

  it.prop("[A2] never announces twice within a window on one connection", [Steps], ([steps]) => {
    const { sent } = run([connect, ...steps.filter(({ action }) => action !== "connect")])
    for (const [index, { at }] of sent.entries()) {
      const previous = sent[index - 1]
      if (previous !== undefined) assert.isAtLeast(at - previous.at, intervals.announceWindow)
    }
  })

  it.prop("[A1] is silent without a report", [Steps], ([steps]) => {
    assert.deepStrictEqual(run(steps.filter(({ action }) => action !== "report")).sent, [])
  })

  it("[A1] an empty first report is an announce: present, in no document", () => {
    assert.deepStrictEqual(
      run([connect, report(0)], 0).sent.map(({ locations }) => locations),
      [[]]
    )
  })

  it("[A2] announces every 30 s while nothing happens", () => {
    const times = run([connect, report(5, "title")], 95_000).sent.map((sent) => sent.at)
    assert.deepStrictEqual(times, [5, 30_005, 60_005, 90_005])
  })

  it("[A2] the first move after a quiet window goes out at once, the last of a burst at its end", () => {
    const { sent } = run(
      [
        connect,
        report(0, "title"),
        report(500, "body"),
        report(50, "title"),
        report(50, "body"),
        report(50, "title")
      ],
      1000
    )
    assert.deepStrictEqual(
      sent.map((s) => s.at),
      [0, 500, 700]
    )
    assert.deepStrictEqual(sent.at(-1)?.locations[0]?.path, ["title"])
  })

  it("[A2] clearing waits, and coming back in time was never away", () => {
    const { sent } = run([connect, report(0, "title"), report(500), report(100, "title")], 1000)
    assert.deepStrictEqual(
      sent.map((s) => s.at),
      [0]
    )
    const cleared = run([connect, report(0, "title"), report(500)], 1000).sent
    assert.deepStrictEqual(
      cleared.map((s) => s.at),
      [0, 700]
    )
  })

  it("[A2] clearing again and again does not put the clearing off", () => {
    const again = Array.from({ length: 20 }, () => report(100))
    const { sent } = run([connect, report(0, "title"), report(500), ...again], 0)
    assert.deepStrictEqual(
      sent.map((s) => s.at),
      [0, 700]
    )
  })

  it("[A2] many roll calls are answered by one announce", () => {
    const rollCall = { wait: 1, action: "rollCall", paths: [] } as const
    const { sent } = run(
      [connect, report(0, "title"), { ...rollCall, wait: 1000 }, rollCall, rollCall],
      1000
    )
    assert.deepStrictEqual(
      sent.map((s) => s.at),
      [0, 1010]
    )
  })

  it("[A2] announces on every new connection, and never without one", () => {
    const { sent } = run(
      [
        report(0, "title"),
        { ...connect, wait: 100 },
        { wait: 300, action: "disconnect", paths: [] },
        report(10, "body"),
        { ...connect, wait: 400 }
      ],
      100
    )
    assert.deepStrictEqual(
      sent.map((s) => s.at),
      [100, 810]
    )
    assert.deepStrictEqual(
      sent.map((s) => s.locations[0]?.path),
      [["title"], ["body"]]
    )
  })
})
