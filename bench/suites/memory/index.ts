/** What a client holds in memory: per session, during a flood, and after everyone left. */
import type { Case, Chart, Extra, Round, Sample, Suite } from "../../suite.ts"
import type { Contender } from "./clients.ts"
import type { Input as Flood } from "./flood.ts"
import type { Reader } from "./readers.ts"
import type { Input as Sessions } from "./sessions.ts"
import type { Subscription } from "./subscriptions.ts"

const names: { readonly [C in Contender]: string } = {
  limit: "JSON.parse + Map.set",
  ours: "ours",
  yjs: "y-protocols awareness",
  sdk: "@sanity/sdk"
}

const nameOf = (contender: Contender, subscription?: Subscription) =>
  subscription === undefined
    ? names[contender]
    : `${names[contender]}, with a ${subscription} per document`

const count = (value: number) => value.toLocaleString("en-US")

const sceneOf = (sessions: number) => `${count(sessions)} sessions`

/** Code is compiled, and structures are made, while the strangers are there: more of them, less noise. */
const sessionsCase = (
  sessions: number,
  contender: Contender,
  subscription?: Subscription
): Case => ({
  scene: sceneOf(sessions),
  contender: nameOf(contender, subscription),
  module: new URL("sessions.ts", import.meta.url),
  input: {
    contender,
    sessions,
    // It forgets people, and who they were, by timers; and announces every event.
    ...(contender === "sdk"
      ? { batch: 1, strangers: 100, rest: 8_000 }
      : { batch: 32, strangers: Math.max(4_000, sessions) }),
    ...(subscription === undefined ? {} : { subscription })
  } satisfies Sessions
})

const flooded = 1_000
const marks = [12_500, 25_000, 50_000, 100_000, 200_000]
const floodScene = `${sceneOf(flooded)}, ${count(marks.at(-1) ?? 0)} events`

const floodCase = (contender: Contender, subscription?: Subscription): Case => ({
  scene: floodScene,
  contender: nameOf(contender, subscription),
  module: new URL("flood.ts", import.meta.url),
  input: {
    contender,
    sessions: flooded,
    batch: 32,
    warmUp: 50_000,
    marks,
    ...(subscription === undefined ? {} : { subscription })
  } satisfies Flood
})

const readerMarks = [5_000, 10_000, 20_000]
const readerScene = `${sceneOf(flooded)}, ${count(readerMarks.at(-1) ?? 0)} events one by one`

const readerCase = (reader: Reader): Case => ({
  scene: readerScene,
  contender: reader,
  module: new URL("flood.ts", import.meta.url),
  input: {
    contender: "ours",
    sessions: flooded,
    batch: 1,
    warmUp: 20_000,
    marks: readerMarks,
    reader
  } satisfies Flood
})

const cases: ReadonlyArray<Case> = [
  sessionsCase(300, "limit"),
  sessionsCase(300, "ours"),
  sessionsCase(300, "sdk"),
  ...[1_000, 10_000].flatMap((sessions) => [
    sessionsCase(sessions, "limit"),
    sessionsCase(sessions, "yjs"),
    sessionsCase(sessions, "ours"),
    sessionsCase(sessions, "ours", "watch"),
    sessionsCase(sessions, "ours", "forDocument")
  ]),
  floodCase("limit"),
  floodCase("yjs"),
  floodCase("ours"),
  floodCase("ours", "forDocument"),
  readerCase("forDocument"),
  readerCase("changes"),
  readerCase("changes of state")
]

const growth = { figure: "growth", label: "kB of growth per 100,000 events", digits: 0 }

const extra = (samples: ReadonlyArray<Sample>): ReadonlyArray<Extra> => [
  {
    title: "A flood: people move, nobody comes or goes",
    columns: [
      growth,
      { figure: "heap 0", label: "MB of heap before", digits: 1 },
      { figure: "peak", label: "MB of RSS at most", digits: 0 }
    ],
    samples: samples.filter(({ scene }) => scene === floodScene)
  },
  {
    title: "Somebody takes one value of a stream of ours, and never another",
    columns: [growth, { figure: "kept", label: "kB kept after they ended it", digits: 0 }],
    samples: samples.filter(({ scene }) => scene === readerScene)
  }
]

const ofOurs = (scene: string, figure: string) => (round: Round) =>
  round(scene, names.ours)?.[figure]

export const memory: Suite = {
  name: "memory",
  title: "Memory: bytes of heap per remote session",
  rounds: 3,
  cases,
  columns: [
    { figure: "beyond", label: "beyond its own JSON", digits: 0 },
    { figure: "own", label: "its own JSON", digits: 0 },
    { figure: "left", label: "after everyone left", digits: 0 }
  ],
  extra,
  charts: (median): ReadonlyArray<Chart> => [
    {
      file: "memory-flood.svg",
      title: `Heap while events pour in, ${sceneOf(flooded)}`,
      x: "events",
      y: "MB",
      lines: cases
        .filter(({ scene }) => scene === floodScene)
        .map(({ contender }) => ({
          name: contender,
          points: marks.flatMap((mark) => {
            const heap = median(floodScene, contender, `heap ${mark}`)
            return heap === undefined ? [] : [[mark, heap] as const]
          })
        }))
    }
  ],
  targets: [
    ...[1_000, 10_000].flatMap((sessions) => [
      {
        id: "P6",
        says: `per session beyond its own JSON, ${sceneOf(sessions)}`,
        unit: " bytes",
        digits: 0,
        value: ofOurs(sceneOf(sessions), "beyond"),
        limit: { most: 1_000 }
      },
      {
        id: "P6",
        says: `per session that had been there, after ${count(sessions)} left`,
        unit: " bytes",
        digits: 0,
        value: ofOurs(sceneOf(sessions), "left"),
        limit: { most: 50 }
      }
    ]),
    {
      id: "P6",
      says: `growth per 100,000 events, ${sceneOf(flooded)}`,
      unit: " kB",
      digits: 0,
      value: ofOurs(floodScene, "growth"),
      limit: { most: 100 }
    }
  ]
}
