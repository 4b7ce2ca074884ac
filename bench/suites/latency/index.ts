/** How long a move takes from the report to the other's screen, as far as React's commit. */
import type { Case, Round, Suite } from "../../suite.ts"
import { announceWindow } from "./announceWindow.ts"
import type { Input } from "./measure.ts"

const rooms = [2, 100, 500]

const names: { readonly [P in Input["page"]]: string } = {
  "limit.ts": "bare WebSocket and DOM",
  "ours.tsx": "ours"
}
const { "ours.tsx": ours } = names

const pages = ["limit.ts", "ours.tsx"] as const

const paces: {
  readonly [P in Input["pace"]]: { readonly says: string; readonly most: number }
} = {
  quiet: { says: "first move after a quiet while", most: 30 },
  continuous: { says: "continuous movement", most: announceWindow + 25 }
}

const nameOf = (pace: Input["pace"], sessions: number) =>
  `${paces[pace].says}, ${sessions} sessions`

const toCase = (input: Input): Case => ({
  scene: nameOf(input.pace, input.sessions),
  contender: names[input.page],
  module: new URL("measure.ts", import.meta.url),
  input
})

const target = (pace: Input["pace"], sessions: number) => ({
  id: "P4",
  says: `${nameOf(pace, sessions)}, p99`,
  unit: " ms",
  digits: 1,
  value: (round: Round) => round(nameOf(pace, sessions), ours)?.["p99"],
  limit: { most: paces[pace].most }
})

export const latency: Suite = {
  name: "latency",
  title:
    "Latency: milliseconds from a report to the commit of a hook in Chromium, by a relay on loopback",
  rounds: 3,
  cases: [
    ...rooms.flatMap((sessions) =>
      pages.map((page) => toCase({ page, sessions, pace: "quiet", moves: 150, warmUp: 10 }))
    ),
    ...rooms.map((sessions) =>
      toCase({ page: "ours.tsx", sessions, pace: "continuous", moves: 900, warmUp: 120 })
    )
  ],
  columns: [
    { figure: "p50", label: "p50, ms", digits: 1 },
    { figure: "p99", label: "p99, ms", digits: 1 },
    { figure: "most", label: "most, ms", digits: 1 },
    { figure: "moves", label: "moves", digits: 0 }
  ],
  baseline: ours,
  targets: [
    target("quiet", 2),
    target("quiet", 500),
    target("continuous", 2),
    target("continuous", 500)
  ]
}
