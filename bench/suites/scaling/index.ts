/** What a relay costs over people per room, rooms and nodes, and what that means for many more. */
import type { Case, Extra, Sample, Suite } from "../../suite.ts"
import type { Input as Deliver } from "../fanout/deliver.ts"
import { sessionScene } from "./findings.ts"
import type { Input } from "./load.ts"
import type { Point } from "./Point.ts"
import { contenderOf, loads, sceneOf, silent } from "./points.ts"
import { blocksOf } from "./report.ts"
import type { Input as Sessions } from "./session.ts"

const here = (path: string) => new URL(path, import.meta.url)

const toCase = (point: Point & Partial<Input>): Case => {
  const input: Input = { millis: 5_000, warmUp: 2_000, ...point }
  return { scene: sceneOf(point), contender: contenderOf(point), module: here("load.ts"), input }
}

/** Not at a rate, but as fast as events come back to who sent them. */
const burst: Deliver = {
  contender: "ours",
  pace: "burst",
  members: 800,
  senders: 800,
  inFlight: 64,
  bytes: 300,
  millis: 6_000,
  warmUp: 2_000
}

const bursting: Case = {
  scene: "1 room of 800, 64 events always on their way",
  contender: "1 node",
  module: here("../fanout/deliver.ts"),
  input: burst
}

const sessions: Sessions = { sessions: 20_000, bytes: 300 }

const ofSession: Case = { ...sessionScene, module: here("session.ts"), input: sessions }

const having = (samples: ReadonlyArray<Sample>, figure: string) =>
  samples.filter(({ figures }) => figure in figures)

const extra = (samples: ReadonlyArray<Sample>): ReadonlyArray<Extra> => [
  {
    title: "A burst: the next event as soon as one has come back",
    columns: [
      { figure: "rate", label: "deliveries/s", digits: 0 },
      { figure: "busy", label: "relay, % of a core", digits: 0 },
      { figure: "crowd", label: "crowd, % of a core", digits: 0 }
    ],
    samples: having(samples, "rate")
  },
  {
    title: "NATS between them",
    columns: [
      { figure: "natsProcessor", label: "nats-server, ms/s", digits: 1 },
      { figure: "natsIn", label: "messages/s in", digits: 0 },
      { figure: "natsOut", label: "messages/s out", digits: 0 },
      { figure: "natsBytesIn", label: "bytes/s in", digits: 0 },
      { figure: "natsBytesOut", label: "bytes/s out", digits: 0 }
    ],
    samples: having(samples, "natsIn").filter(({ figures }) => figures["joined"] === 1)
  },
  {
    title: "Memory",
    columns: [
      { figure: "resident", label: "bytes of RSS per connection with its session", digits: 0 },
      { figure: "session", label: "bytes of heap and buffers per session", digits: 0 }
    ],
    samples: samples.filter(({ figures }) => "resident" in figures || "session" in figures)
  }
]

export const scaling: Suite = {
  name: "scaling",
  title: "Scaling: what relays cost over people per room, rooms and nodes",
  rounds: 3,
  cases: [...loads.map(toCase), ...silent.map(toCase), bursting, ofSession],
  columns: [
    { figure: "relay", label: "a node, ms of a core per s", digits: 1 },
    { figure: "perSecond", label: "deliveries/s", digits: 0 },
    { figure: "perWrite", label: "per write", digits: 2 },
    { figure: "perCore", label: "deliveries/s per core", digits: 0 }
  ],
  extra,
  targets: [],
  page: "scaling.md",
  blocks: blocksOf
}
