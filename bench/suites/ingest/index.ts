/** What an event costs a client: a frame in, the state with its indexes out. */
import type { Case, Round, Suite } from "../../suite.ts"
import type { Input } from "./drive.ts"

type Contender = "limit" | "limitInTurns" | "ours" | "oursCompiled" | "bifurClient" | "sdk" | "yjs"

const names: { readonly [C in Contender]: string } = {
  limit: "JSON.parse + Map.set",
  limitInTurns: "the same, in the next turn",
  ours: "ours",
  oursCompiled: "ours, schemas compiled",
  bifurClient: "@sanity/bifur-client + reducer",
  sdk: "@sanity/sdk",
  yjs: "y-protocols awareness"
}

interface Scene extends Omit<Input, "events" | "warmUp"> {
  readonly contenders: ReadonlyArray<Contender>
}

/** Whoever takes a millisecond per event gets fewer of them. */
const amount = (contender: Contender, { sessions }: Scene) => {
  if (contender === "sdk") return { events: 300, warmUp: 300 }
  const events = contender === "bifurClient" && sessions > 1_000 ? 2_000 : 64_000
  return { events, warmUp: events }
}

const joining = (sessions: number) => ({ events: sessions, warmUp: 0 })

const nameOf = ({ batch, kind, sessions }: Scene) =>
  `${kind}, ${sessions.toLocaleString("en-US")} sessions, ${batch === 1 ? "one by one" : `batches of ${batch}`}`

const everyone = ["limit", "limitInTurns", "ours", "oursCompiled", "yjs", "bifurClient"] as const
const withSdk = [...everyone, "sdk"] as const

const scenes: ReadonlyArray<Scene> = [
  { kind: "churn", sessions: 100, batch: 1, contenders: withSdk },
  { kind: "churn", sessions: 300, batch: 1, contenders: withSdk },
  { kind: "churn", sessions: 1_000, batch: 1, contenders: everyone },
  { kind: "churn", sessions: 1_000, batch: 32, contenders: everyone },
  { kind: "churn", sessions: 10_000, batch: 1, contenders: everyone },
  { kind: "churn", sessions: 10_000, batch: 32, contenders: everyone },
  { kind: "mixed", sessions: 1_000, batch: 1, contenders: everyone },
  { kind: "mixed", sessions: 1_000, batch: 32, contenders: everyone },
  { kind: "join", sessions: 300, batch: 1, contenders: withSdk },
  { kind: "join", sessions: 10_000, batch: 32, contenders: everyone }
]

const cases = scenes.flatMap((scene) =>
  scene.contenders.map((contender): Case => {
    const { contenders: _, ...input } = scene
    const counts = scene.kind === "join" ? joining(scene.sessions) : amount(contender, scene)
    return {
      scene: nameOf(scene),
      contender: names[contender],
      module: new URL(`${contender}.ts`, import.meta.url),
      input: { ...input, ...counts }
    }
  })
)

/** How many times as long one takes per event as another. */
const times = (
  kind: Input["kind"],
  sessions: number,
  batch: number,
  a: Contender,
  b: Contender
) => {
  const scene = nameOf({ kind, sessions, batch, contenders: [] })
  return (round: Round) => {
    const [over, under] = [a, b].map((contender) => round(scene, names[contender])?.["micros"])
    return over === undefined || under === undefined ? undefined : over / under
  }
}

export const ingest: Suite = {
  name: "ingest",
  title: "Ingest: microseconds per event, frames of about 250 bytes",
  rounds: 3,
  cases,
  columns: [
    { figure: "micros", label: "us per event" },
    { figure: "processor", label: "us of processor time" }
  ],
  baseline: names.limit,
  targets: [
    {
      id: "P1",
      says: "churn, 1,000 sessions, batches of 32: ours against JSON.parse + Map.set",
      unit: "x",
      value: times("churn", 1_000, 32, "ours", "limit"),
      limit: { most: 2.5 }
    },
    {
      says: "the same with schemas compiled",
      unit: "x",
      value: times("churn", 1_000, 32, "oursCompiled", "limit"),
      limit: { most: 2.5 }
    },
    {
      id: "P1",
      says: "churn, 1,000 sessions, one by one: ours against JSON.parse + Map.set within the call",
      unit: "x",
      value: times("churn", 1_000, 1, "ours", "limit"),
      limit: { most: 4 }
    },
    {
      says: "the same against JSON.parse + Map.set in the next turn",
      unit: "x",
      value: times("churn", 1_000, 1, "ours", "limitInTurns"),
      limit: { most: 4 }
    },
    {
      says: "that with schemas compiled",
      unit: "x",
      value: times("churn", 1_000, 1, "oursCompiled", "limitInTurns"),
      limit: { most: 4 }
    },
    {
      id: "P1",
      says: "churn, 300 sessions: how many times as fast as @sanity/sdk",
      unit: "x",
      digits: 0,
      value: times("churn", 300, 1, "sdk", "ours"),
      limit: { least: 50 }
    },
    {
      says: "300 sessions joining: how many times as fast as @sanity/sdk",
      unit: "x",
      digits: 0,
      value: times("join", 300, 1, "sdk", "ours"),
      limit: { least: 50 }
    }
  ]
}
