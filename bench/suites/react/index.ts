/**
 * What a busy room costs a page: 50 documents, each with a component that says who is in it. Whoever
 * can't keep up with the events gets fewer.
 */
import type { Case, Round, Suite } from "../../suite.ts"
import type { Input } from "./measure.ts"

const names: { readonly [By in Input["by"]]: string } = {
  ours: "ours",
  context: "one React context",
  sdk: "@sanity/sdk-react",
  nobody: "the events alone"
}

// With 500 sessions, the page of the SDK isn't ready after minutes.
const scenes: ReadonlyArray<{
  readonly sessions: number
  readonly contenders: ReadonlyArray<Input["by"]>
}> = [
  { sessions: 500, contenders: ["nobody", "ours", "context"] },
  { sessions: 100, contenders: ["nobody", "ours", "context", "sdk"] }
]

const nameOf = (sessions: number) => `${sessions} sessions, 1,000 events a second`

const toCase = (sessions: number, by: Input["by"]): Case => {
  const input: Input = { by, sessions, rate: 1_000, millis: 5_000 }
  return {
    scene: nameOf(sessions),
    contender: names[by],
    module: new URL("measure.ts", import.meta.url),
    input
  }
}

const ours = (figure: string) => (round: Round) => round(nameOf(500), names.ours)?.[figure]

export const react: Suite = {
  name: "react",
  title: "React: a page with 50 documents in a busy room, in Chromium",
  rounds: 3,
  cases: scenes.flatMap(({ contenders, sessions }) => contenders.map((by) => toCase(sessions, by))),
  columns: [
    { figure: "perEvent", label: "scripting, us per event", digits: 0 },
    { figure: "scripting", label: "scripting, ms/s", digits: 0 },
    { figure: "tasks", label: "main thread, ms/s", digits: 0 },
    { figure: "renders", label: "commits/s", digits: 0 },
    { figure: "needless", label: "needless/s", digits: 0 },
    { figure: "repeated", label: "repeated in a frame/s", digits: 0 },
    { figure: "frames", label: "frames/s", digits: 0 },
    { figure: "longestFrame", label: "longest frame, ms", digits: 0 },
    { figure: "events", label: "events/s", digits: 0 }
  ],
  baseline: names.ours,
  targets: [
    {
      id: "P7",
      says: "500 sessions: renders of a component whose document did not change",
      unit: " a second",
      digits: 0,
      value: ours("needless"),
      limit: { most: 0 }
    },
    {
      id: "P7",
      says: "500 sessions: renders of a component that had rendered in the frame",
      unit: " a second",
      digits: 0,
      value: ours("repeated"),
      limit: { most: 0 }
    }
  ]
}
