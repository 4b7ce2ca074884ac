/** What the page on scaling says of the samples. Pure. */
import type { Block, Sample } from "../../suite.ts"
import { aligned, type Cells, number } from "../../table.ts"
import {
  type Deployment,
  deploymentFor,
  type Findings,
  mostConnections,
  share,
  type Wanted
} from "./deployment.ts"
import { workedExample } from "./example.ts"
import { findingsOf, leftOutOf, type Row, rowsOf } from "./findings.ts"
import {
  leaveEachOut,
  natsTerms,
  type Prediction,
  predictWithout,
  relayCost,
  relayTerms,
  type Term
} from "./model.ts"
import { contenderOf } from "./points.ts"
import { trafficOf } from "./traffic.ts"

const bytes = 300

/** What people do: how often a second one of them says where they are, in the mean. */
export const activities = [
  { says: "all still", hertz: 1 / 30 },
  { says: "5 % typing", hertz: 0.05 * 4 + 0.95 / 30 },
  { says: "20 % typing", hertz: 0.2 * 4 + 0.8 / 30 }
] as const

const percent = (value: number) => {
  const whole = Math.round(value * 100)
  return whole === 0 ? "0 %" : `${whole > 0 ? "+" : ""}${number(whole, 0)} %`
}

const errorRow = ({ error, measured, predicted }: Prediction, isLeftOut: boolean) => [
  measured.scene,
  contenderOf(measured.point),
  number(measured.relay, 1),
  number(predicted, 1),
  isLeftOut ? `**${percent(error)}**` : percent(error)
]

const errorHead = ["scene", "", "measured, ms/s a node", "predicted", "off by"]

const declared = (rows: ReadonlyArray<Row>): string =>
  aligned([
    errorHead,
    ...predictWithout(rows, leftOutOf(rows)).map((prediction) => errorRow(prediction, true))
  ])

const eachOut = (rows: ReadonlyArray<Row>): string => {
  const predictions = leaveEachOut(rows)
  const errors = predictions.map(({ error }) => Math.abs(error)).toSorted((a, b) => a - b)
  const within = errors.filter((error) => error <= 0.25).length
  return [
    aligned([errorHead, ...predictions.map((prediction) => errorRow(prediction, false))]),
    `${within} of ${errors.length} are within 25 %; half of them within ${number((errors[Math.floor(errors.length / 2)] ?? 0) * 100, 0)} %.`
  ].join("\n\n")
}

const prices = (terms: ReadonlyArray<Term>, values: ReadonlyArray<number>): Cells =>
  terms.map(({ says }, at) => [says, number((values[at] ?? 0) * 1_000, 1)])

const priceList = ({ bus, memory, model }: Findings): string =>
  [
    aligned([["a relay node, for", "us of a core"], ...prices(relayTerms, model.relay)]),
    aligned([["the NATS server, for", "us of a core"], ...prices(natsTerms, model.nats)]),
    aligned([
      ["memory and messages", "bytes"],
      ["a node that nobody is on", number(memory.empty, 0)],
      ["a connection with its session", number(memory.connection, 0)],
      ["a session of a member elsewhere", number(memory.session, 0)],
      ["a NATS message", number(bus.message, 0)],
      ["each event in it", number(bus.event, 0)]
    ])
  ].join("\n\n")

const sizes = [10, 25, 50, 100, 200, 400, 1_000]

/** One node by itself: how many such rooms it takes before half a core is spent, or it has no more places. */
const lookup = (findings: Findings): string => {
  const rows = sizes.flatMap((members) =>
    activities.map(({ hertz, says }) => {
      const traffic = trafficOf({ nodes: 1, isJoined: false, rooms: 1, members, hertz, bytes })
      const { model } = findings
      const node = relayCost(
        model,
        trafficOf({ nodes: 1, isJoined: false, rooms: 0, members, hertz, bytes })
      )
      const room = relayCost(model, traffic) - node
      const byProcessor = (share * 1_000 - node) / room
      const rooms = Math.floor(Math.min(byProcessor, mostConnections / members))
      const deliveries = members * members * hertz
      return [
        number(members, 0),
        says,
        number(deliveries, 0),
        number(deliveries / traffic.writes, 1),
        number(room / 10, 2),
        number((deliveries / room) * 1_000, 0),
        number(rooms, 0),
        number(rooms * members, 0)
      ]
    })
  )
  return aligned([
    [
      "people in a room",
      "activity",
      "deliveries/s",
      "per write",
      "% of a core",
      "deliveries/s per core",
      "rooms on a node",
      "people on a node"
    ],
    ...rows
  ])
}

const gigabits = (bytesPerSecond: number) => number((bytesPerSecond * 8) / 1e9, 2)
const gibibytes = (value: number) => number(value / 2 ** 30, value < 2 ** 34 ? 1 : 0)

const deploymentRow = (wanted: Wanted, says: string, found: Deployment | undefined) => {
  const { members, placement } = wanted
  const start = [number(members, 0), says, placement]
  if (found === undefined) return [...start, "no number would do", "", "", "", "", "", "", ""]
  const { busBytesIn, busBytesOut, busy, memory, nats, nodes, roomsPerNode, traffic } = found
  return [
    ...start,
    number(nodes, 0),
    number((nodes * busy) / 1_000, 1),
    number(roomsPerNode, roomsPerNode < 10 ? 1 : 0),
    gibibytes(nodes * memory),
    gigabits(nodes * traffic.bytes),
    `${number(traffic.busIn, 0)} / ${number(traffic.busOut, 0)}`,
    `${gigabits(busBytesIn)} / ${gigabits(busBytesOut)}`,
    number(nats / 1_000, 1)
  ]
}

const deployments = (findings: Findings, connections: number): string =>
  aligned([
    [
      "people in a room",
      "activity",
      "a room's people",
      "nodes",
      "cores busy",
      "rooms on a node",
      "memory, GiB in all",
      "to clients, Gbit/s",
      "NATS messages/s in / out",
      "Gbit/s in / out",
      "NATS cores busy"
    ],
    ...[20, 100, 500].flatMap((members) =>
      activities.flatMap(({ hertz, says }) =>
        (["together", "anywhere"] as const).map((placement) => {
          const wanted: Wanted = { connections, members, hertz, bytes, placement }
          return deploymentRow(wanted, says, deploymentFor(wanted, findings))
        })
      )
    )
  ])

/** In the middle of the table. */
const example = (findings: Findings): string => {
  const { hertz } = activities[1]
  const wanted: Wanted = { connections: 100_000, members: 100, hertz, bytes, placement: "together" }
  const found = deploymentFor(wanted, findings)
  return found === undefined ? "" : workedExample(wanted, found, findings)
}

/** All that the page has places for, but for what was measured. */
export const blocksOf = (samples: ReadonlyArray<Sample>): ReadonlyArray<Block> => {
  const rows = rowsOf(samples)
  const findings = findingsOf(samples)
  return [
    { name: "scaling-lookup", text: lookup(findings) },
    { name: "scaling-prices", text: priceList(findings) },
    { name: "scaling-declared", text: declared(rows) },
    { name: "scaling-errors", text: eachOut(rows) },
    { name: "scaling-100000", text: deployments(findings, 100_000) },
    { name: "scaling-example", text: example(findings) },
    { name: "scaling-1000000", text: deployments(findings, 1_000_000) }
  ]
}
