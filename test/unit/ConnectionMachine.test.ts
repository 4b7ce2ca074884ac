import { readFileSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Token } from "../../src/Auth.ts"
import { lost } from "../../src/bifur/ConnectionEnd.ts"
import * as Machine from "../../src/bifur/ConnectionMachine.ts"
import * as State from "../../src/bifur/ConnectionState.ts"

const token = (value: string): Token => Option.some(Redacted.make(value))
const none: Token = Option.none()

const tunables: State.Tunables = {
  backoffBase: 100,
  backoffMax: 240_000,
  restartSpread: 7_000,
  stableAfter: 10_000,
  silenceMin: 45_000,
  hiddenTimeout: 60_000
}
const at = (now: number, changes: Partial<State.Circumstances> = {}): State.Circumstances => ({
  now,
  wall: 1_000_000 + now,
  random: 0.5,
  isOnline: true,
  tunables,
  ...changes
})

type Input = State.Event | ((machine: State.Machine) => State.Event)

const run = (
  inputs: ReadonlyArray<Input>,
  start = State.initial(token("unseen-t1"), true, at(0))
) =>
  inputs.reduce((machine, input) => {
    const event = typeof input === "function" ? input(machine) : input
    return Machine.step(machine, event, at(0)).machine
  }, start)

/** An event of the machine's current socket. */
const ofSocket =
  (_tag: "Opened" | "Authorized" | "Subscribed" | "Heard" | "Unanswered"): Input =>
  ({ socket }) => ({ _tag, socket })
const ended =
  (tag: "Lost" | "Unauthorized" | "Failed", isUnexplained = false): Input =>
  ({ socket }) => ({
    _tag: "Ended",
    socket,
    end: { _tag: tag, reason: "because", isUnexplained }
  })
const given = (value: Token): Input => ({ _tag: "TokenGiven", token: value })
const changed = (value: Token): Input => ({ _tag: "TokenChanged", token: value })
const unaccepted =
  (tag: "Lost" | "Unauthorized"): Input =>
  ({ socket }) => ({ _tag: "Unaccepted", socket, end: { _tag: tag, reason: "because" } })
const identified =
  (isOther: boolean): Input =>
  ({ socket }) => ({ _tag: "Identified", socket, isOther })
const explained =
  (tag: "Lost" | "Unauthorized"): Input =>
  ({ tried }) => ({ _tag: "Explained", token: tried, end: { _tag: tag, reason: "because" } })
const probed =
  (_tag: "ProbeAnswered" | "ProbeFailed"): Input =>
  ({ probes, socket }) => ({ _tag, socket, probe: probes })
const world = (_tag: "Tick" | State.WorldEvent): Input => ({ _tag })

const toOpening = [world("Tick"), given(token("unseen-t1"))]
const toAuthorizing = [...toOpening, ofSocket("Opened")]
const toSubscribing = [...toAuthorizing, ofSocket("Authorized")]
const toConnected = [...toSubscribing, ofSocket("Subscribed")]
const unopened = [...toOpening, ended("Lost", true)]

/** Every phase as it is reached; `Connected` in its three conditions. */
const columns: ReadonlyArray<readonly [string, ReadonlyArray<Input>]> = [
  // The second failure to open, so that an explanation is under way.
  ["Waiting", [...unopened, world("RetryNow"), given(token("unseen-t1")), ended("Lost", true)]],
  ["Asking", [world("Tick")]],
  ["Opening", toOpening],
  ["Authorizing", toAuthorizing],
  ["Subscribing", toSubscribing],
  ["Connected", toConnected],
  ["probing", [...toConnected, ofSocket("Unanswered")]],
  ["changing", [...toConnected, changed(token("unseen-t2"))]],
  ["Refused", [...toAuthorizing, ended("Unauthorized")]],
  ["Away", [world("Tick"), world("PageHidden")]],
  ["Closed", [world("Closing")]]
]

const hour = 3_600_000

/** What happens, and how long after the last thing that did (milliseconds). */
const rows: ReadonlyArray<readonly [string, Input, number?, Input?]> = [
  ["Tick, before anything is due", world("Tick"), 1],
  ["Tick, a wait is over", world("Tick"), 4_000],
  ["Tick, the silence is suspicious", world("Tick"), 45_000],
  ["Tick, unseen for too long", world("Tick"), 60_000, world("Invisible")],
  ["Tick, after a sleep", world("Tick"), hour],
  ["ProbeFailed, after a sleep", probed("ProbeFailed"), hour],
  ["TokenGiven", given(token("unseen-t1"))],
  ["TokenGiven, another one", given(token("unseen-t3"))],
  ["TokenMissing", { _tag: "TokenMissing", end: lost("no token") }],
  ["TokenChanged", changed(token("unseen-t3"))],
  ["TokenChanged, to none", changed(none)],
  ["Opened", ofSocket("Opened")],
  ["Authorized", ofSocket("Authorized")],
  ["Unaccepted, refused", unaccepted("Unauthorized")],
  ["Unaccepted, no answer", unaccepted("Lost")],
  ["Subscribed", ofSocket("Subscribed")],
  ["Heard", ofSocket("Heard")],
  ["Identified, the same user", identified(false)],
  ["Identified, another user", identified(true)],
  ["Unanswered", ofSocket("Unanswered")],
  ["ProbeAnswered", probed("ProbeAnswered")],
  ["ProbeFailed", probed("ProbeFailed")],
  ["Ended, lost", ended("Lost")],
  ["Ended, no socket opened", ended("Lost", true)],
  ["Ended, unauthorized", ended("Unauthorized")],
  ["Ended, failed", ended("Failed")],
  ["Explained, may get well", explained("Lost")],
  ["Explained, unauthorized", explained("Unauthorized")],
  ["RetryNow", world("RetryNow")],
  ["Online", world("Online")],
  ["Offline", world("Offline")],
  ["Visible", world("Visible")],
  ["Invisible", world("Invisible")],
  ["PageShown", world("PageShown")],
  ["PageHidden", world("PageHidden")],
  ["Closing", world("Closing")]
]

const conditionOf = ({ phase }: State.Machine): string => {
  if (phase._tag !== "Connected") return phase._tag
  if (phase.change !== undefined) return "changing"
  return phase.probing === undefined ? "Connected" : "probing"
}

const look = (machine: State.Machine, now: number): State.Machine => ({
  ...machine,
  liveness: { ...machine.liveness, lookedAt: now, lookedWall: 1_000_000 + now }
})

const cell = (path: ReadonlyArray<Input>, input: Input, later = 0): string => {
  const before = run(path)
  const event = typeof input === "function" ? input(before) : input
  // Looked at until now, but for a sleep.
  const awake = later === hour ? before : look(before, later)
  const { actions, machine } = Machine.step(awake, event, at(later))
  const to = conditionOf(machine)
  if (to === conditionOf(before) && actions.length === 0) return ""
  const names = actions.map((action) =>
    action._tag === "Tell" ? `\`Tell${action.signal._tag}\`` : `\`${action._tag}\``
  )
  return [to, ...names].join(" ")
}

const computed = (): ReadonlyArray<ReadonlyArray<string>> => [
  ["", ...columns.map(([name]) => name)],
  ...rows.map(([label, input, later, first]) => [
    label,
    ...columns.map(([, path]) => cell(first === undefined ? path : [...path, first], input, later))
  ])
]

const spec = new URL("../../SPEC.md", import.meta.url)
const [open, close] = ["<!-- connection table -->", "<!-- end of connection table -->"]

const written = (): ReadonlyArray<ReadonlyArray<string>> => {
  const text = readFileSync(spec, "utf8")
  const table = text.slice(text.indexOf(open) + open.length, text.indexOf(close))
  return table
    .split("\n")
    .filter((line) => line.startsWith("|") && !line.startsWith("|--") && !line.startsWith("| --"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((text) => text.trim())
    )
}

const write = (table: ReadonlyArray<ReadonlyArray<string>>) => {
  const lines = table.map((cells) => `| ${cells.join(" | ")} |`)
  lines.splice(1, 0, `|${"---|".repeat(columns.length + 1)}`)
  const text = readFileSync(spec, "utf8")
  const before = text.slice(0, text.indexOf(open) + open.length)
  writeFileSync(spec, `${before}\n\n${lines.join("\n")}\n\n${text.slice(text.indexOf(close))}`)
}

describe("the connection's state machine", () => {
  it("does in every state, at every event, what the table of SPEC.md says", () => {
    if (process.env["UPDATE_SPEC"] !== undefined) write(computed())
    assert.deepStrictEqual(written(), computed())
  })

  it("has a column for each of its phases, reached as its name says", () => {
    for (const [name, path] of columns) assert.strictEqual(conditionOf(run(path)), name)
    const phases: ReadonlyArray<State.Phase["_tag"]> = [
      "Asking",
      "Opening",
      "Authorizing",
      "Subscribing",
      "Connected",
      "Waiting",
      "Refused",
      "Away",
      "Closed"
    ]
    for (const phase of phases) assert.isTrue(columns.some(([name]) => name === phase))
  })

  const Happening = Schema.Struct({
    row: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: rows.length - 2 })),
    wait: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20_000 })),
    isOnline: Schema.Boolean
  })

  it.prop(
    "tells Connected and Disconnected in turn, holds one socket at most, and always goes on",
    [Schema.Array(Happening).check(Schema.isMaxLength(60))],
    ([happenings]) => {
      let machine = State.initial(token("unseen-t1"), true, at(0))
      let now = 0
      let isTold = false
      let isHeld = false
      for (const { isOnline, row, wait } of happenings) {
        const input = rows[row]?.[1]
        if (input === undefined) continue
        now += wait
        const event = typeof input === "function" ? input(machine) : input
        const step = Machine.step(machine, event, at(now, { isOnline }))
        machine = step.machine
        for (const action of step.actions) {
          if (action._tag === "Tell" && action.signal._tag !== "Resumed") {
            assert.strictEqual(isTold, action.signal._tag === "Disconnected")
            isTold = !isTold
          }
          if (action._tag === "Open" || action._tag === "CloseSocket") {
            assert.strictEqual(isHeld, action._tag === "CloseSocket")
            isHeld = !isHeld
          }
        }
        const { phase, status } = machine
        assert.strictEqual(isTold, phase._tag === "Connected")
        assert.strictEqual(status._tag === "Connected", phase._tag === "Connected")
        assert.strictEqual(status._tag === "Paused", phase._tag === "Away")
        // Something is always under way, or wants a person: a token, a click, a page.
        const deadline = State.deadline(machine, tunables)
        const isWatched = phase._tag === "Waiting" || phase._tag === "Connected"
        assert.strictEqual(deadline !== undefined && Number.isFinite(deadline), isWatched)
      }
    }
  )

  it("[C8] an explanation that comes while there is no network does not hide that", () => {
    const [, waiting] = columns[0] ?? assert.fail("no column")
    const offline = run([...waiting, world("Offline"), explained("Lost")])
    assert.deepStrictEqual(offline.status, { _tag: "Offline" })
    // A refused token stays one.
    const refused = run([...waiting, world("Offline"), explained("Unauthorized")])
    assert.strictEqual(refused.phase._tag, "Refused")
  })

  it("listens to nothing that an older socket says", () => {
    const machine = run([
      ...toConnected,
      ended("Lost"),
      world("RetryNow"),
      given(token("unseen-t1"))
    ])
    for (const [, input] of rows) {
      const event = typeof input === "function" ? input(machine) : input
      if (!("socket" in event)) continue
      const step = Machine.step(machine, { ...event, socket: machine.socket - 1 }, at(1))
      assert.deepStrictEqual(step, { machine, actions: [] })
    }
  })
})
