/** What it costs a relay that many see each other, against other servers of rooms. */
import type { Case, Column, Extra, Figures, Round, Sample, Suite, Target } from "../../suite.ts"
import type { Input as Deliver } from "./deliver.ts"
import type { Input as Idle } from "./idle.ts"
import { contenders, type ContenderKey } from "./protocols.ts"
import type { Input as RollCall } from "./rollCall.ts"
import type { Input as Stalled } from "./stalled.ts"

const here = (path: string) => new URL(path, import.meta.url)

const peers = ["text", "bytes", "corked", "socketIo", "hocuspocus", "ours"] as const

const bytes = 300

const toCase = <Input extends { readonly contender: ContenderKey }>(
  scene: string,
  module: string,
  input: Input
): Case => ({ scene, contender: contenders[input.contender].name, module: here(module), input })

const movement = "movement: 100 members, each 8 times a second"
const burst = "burst: 500 members, 32 states in flight"
const idle = "7,000 silent connections"
const stalled = "200 members, 25 move, one in ten stops reading for 30 s"

const delivering = (contender: ContenderKey): ReadonlyArray<Case> => [
  toCase<Deliver>(movement, "deliver.ts", {
    contender,
    pace: "movement",
    members: 100,
    senders: 100,
    bytes,
    millis: 10_000,
    warmUp: 3_000
  }),
  toCase<Deliver>(burst, "deliver.ts", {
    contender,
    pace: "burst",
    members: 500,
    senders: 500,
    inFlight: 32,
    bytes,
    millis: 6_000,
    warmUp: 2_000
  })
]

/** Large states: what the system keeps for a connection holds a minute of small ones. */
const stalling = (contender: ContenderKey) =>
  toCase<Stalled>(stalled, "stalled.ts", {
    contender,
    members: 200,
    senders: 25,
    bytes: 2_000,
    oneIn: 10,
    before: 8_000,
    millis: 30_000
  })

const idling = (contender: ContenderKey) =>
  toCase<Idle>(idle, "idle.ts", { contender, members: 7_000, first: 2_000, rest: 2_000, bytes })

const joiners = [50, 100, 250, 500]
/** With 500 it was not over after 100 s. */
const mostForwarded = 250
const joiningScene = (members: number) => `${members} join at once`
const joining = (members: number, contender: "ours" | "forward") =>
  toCase<RollCall>(joiningScene(members), "rollCall.ts", { contender, members, quiet: 2_500 })

const inTurns = (...makes: ReadonlyArray<(contender: ContenderKey) => ReadonlyArray<Case>>) =>
  makes.flatMap((make) => peers.flatMap(make))

const cases: ReadonlyArray<Case> = [
  ...inTurns(
    (contender) => delivering(contender).slice(0, 1),
    (contender) => delivering(contender).slice(1),
    (contender) => [idling(contender)]
  ),
  ...(["text", "ours"] as const).map(stalling),
  ...joiners.flatMap((members) => [
    joining(members, "ours"),
    ...(members > mostForwarded ? [] : [joining(members, "forward")])
  ])
]

const rollCallColumns: ReadonlyArray<Column> = [
  { figure: "messages", label: "messages from the server", digits: 0 },
  { figure: "each", label: "per member", digits: 0 },
  { figure: "learned", label: "states to be learned", digits: 0 },
  { figure: "perState", label: "messages per state", digits: 2 },
  { figure: "states", label: "states", digits: 0 },
  { figure: "rollCalls", label: "roll calls", digits: 0 },
  { figure: "processor", label: "ms of processor", digits: 0 },
  { figure: "seconds", label: "s until the last", digits: 1 }
]

const stalledColumns: ReadonlyArray<Column> = [
  { figure: "growth", label: "MB that the server grew", digits: 0 },
  { figure: "reading", label: "p99 while all read, ms", digits: 1 },
  { figure: "withStalled", label: "p99 of the others then, ms", digits: 1 },
  { figure: "stalled", label: "stopped", digits: 0 },
  { figure: "closed", label: "closed", digits: 0 },
  { figure: "closed with 1013", label: "saw 1013", digits: 0 },
  { figure: "cut without a code", label: "saw no code", digits: 0 }
]

const extra = (samples: ReadonlyArray<Sample>): ReadonlyArray<Extra> => [
  {
    title: "Memory of connections that have joined and are silent",
    columns: [
      { figure: "resident", label: "bytes of RSS per connection", digits: 0 },
      { figure: "heap", label: "of heap and buffers", digits: 0 }
    ],
    samples: samples.filter(({ scene }) => scene === idle)
  },
  {
    title: "Everyone joins at once, calls the roll and announces",
    columns: rollCallColumns,
    samples: samples.filter(({ scene }) => joiners.map(joiningScene).includes(scene))
  },
  {
    title: "Some stop reading",
    columns: stalledColumns,
    samples: samples.filter(({ scene }) => scene === stalled)
  }
]

/** Ours over the loop that most write, in one round. */
const ratio = (scene: string, figure: string) => (round: Round) => {
  const of = (figures: Figures | undefined) => figures?.[figure]
  const ours = of(round(scene, contenders.ours.name))
  const theirs = of(round(scene, contenders.text.name))
  return ours === undefined || theirs === undefined ? undefined : ours / theirs
}

const target = (says: string, scene: string, figure: string, limit: Target["limit"]): Target => ({
  id: "P5",
  says,
  unit: "x",
  value: ratio(scene, figure),
  limit
})

export const fanout: Suite = {
  name: "fanout",
  title: "Fan-out: what a server costs per state that it brings to somebody",
  rounds: 3,
  cases,
  columns: [
    { figure: "cpu", label: "processor, s per million deliveries", digits: 2 },
    { figure: "rate", label: "deliveries a second", digits: 0 },
    { figure: "p50", label: "p50, ms", digits: 1 },
    { figure: "p99", label: "p99, ms", digits: 1 },
    { figure: "delivered", label: "delivered, %", digits: 1 },
    { figure: "busy", label: "server, % of a core", digits: 0 },
    { figure: "waited", label: "server waits for a core, %", digits: 0 },
    { figure: "crowd", label: "members, % of a core", digits: 0 }
  ],
  baseline: contenders.text.name,
  extra,
  targets: [
    target("movement, processor per delivery against ws", movement, "cpu", { most: 0.5 }),
    target("movement, p99 against ws", movement, "p99", { most: 0.2 }),
    target("burst, deliveries a second against ws", burst, "rate", { least: 4 }),
    target("memory per silent connection against ws", idle, "resident", { most: 2 })
  ]
}
