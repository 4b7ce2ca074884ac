/** What a client costs for a minute in which nothing happens. */
import type { Case, Suite } from "../../suite.ts"
import type { Input } from "./idle.ts"

type Contender = "bare" | "ours" | "sdk"

const names: { readonly [C in Contender]: string } = {
  bare: "bare WebSocket",
  ours: "ours",
  sdk: "@sanity/sdk"
}

const scenes: ReadonlyArray<{
  readonly says: string
  readonly others: number
  readonly contenders: ReadonlyArray<Contender>
}> = [
  { says: "alone", others: 0, contenders: ["bare", "ours", "sdk"] },
  { says: "20 quiet others", others: 20, contenders: ["ours", "sdk"] }
]

const cases = scenes.flatMap(({ contenders, others, says }) =>
  contenders.map((contender): Case => {
    const input: Input = { others, millis: 60_000 }
    return {
      scene: says,
      contender: names[contender],
      module: new URL(`${contender}.ts`, import.meta.url),
      input
    }
  })
)

export const idle: Suite = {
  name: "idle",
  title: "Idle: a client in a room in which nothing happens, per minute",
  rounds: 1,
  cases,
  columns: [
    { figure: "processor", label: "processor, ms", digits: 0 },
    { figure: "timers", label: "timers", digits: 0 },
    { figure: "immediates", label: "immediates", digits: 0 },
    { figure: "wakeUps", label: "turns of the event loop", digits: 0 },
    { figure: "sent", label: "messages sent", digits: 0 },
    { figure: "received", label: "messages received", digits: 0 }
  ],
  baseline: names.ours,
  targets: []
}
