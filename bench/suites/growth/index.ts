/** How the cost of an event grows: with the sessions in the room, and with the documents that are watched. */
import type { Case, Median, Round, Suite } from "../../suite.ts"
import type { SubscribedInput } from "./subscribed.ts"

const here = (path: string) => new URL(path, import.meta.url)

const contenders = {
  ours: "ours",
  limit: "JSON.parse + Map.set",
  yjs: "y-protocols awareness",
  bifurClient: "@sanity/bifur-client + reducer",
  sdk: "@sanity/sdk"
} as const

type Contender = keyof typeof contenders

const sizes: { readonly [C in Contender]: ReadonlyArray<number> } = {
  ours: [100, 300, 1_000, 3_000, 10_000, 30_000],
  limit: [100, 300, 1_000, 3_000, 10_000, 30_000],
  yjs: [100, 300, 1_000, 3_000, 10_000, 30_000],
  bifurClient: [100, 300, 1_000, 3_000, 10_000],
  sdk: [30, 100]
}

/** Whoever takes a millisecond per event gets fewer of them. */
const eventsOf = (contender: Contender) =>
  contender === "sdk" ? 300 : contender === "bifurClient" ? 2_000 : 64_000

const batch = 1
const withSessions = (sessions: number) => `${sessions.toLocaleString("en-US")} sessions`

const all: ReadonlyArray<Contender> = ["limit", "ours", "yjs", "bifurClient", "sdk"]

const allSizes = [30, ...sizes.ours]

const growing = allSizes.flatMap((sessions) =>
  all.flatMap((contender): ReadonlyArray<Case> => {
    if (!sizes[contender].includes(sessions)) return []
    const events = eventsOf(contender)
    const input = { kind: "churn", sessions, batch, events, warmUp: events }
    const module = here(`../ingest/${contender}.ts`)
    return [{ scene: withSessions(sessions), contender: contenders[contender], module, input }]
  })
)

const watched = [1, 10, 100, 1_000]
const withSubscriptions = (subscriptions: number, sessions: number) =>
  `${subscriptions.toLocaleString("en-US")} of ${(sessions / 10).toLocaleString("en-US")} documents watched`

const subscribed = (
  contender: string,
  module: URL,
  sessions: number,
  subscriptions: number,
  isReading: boolean,
  events: number
): Case => {
  const input: SubscribedInput = {
    kind: "churn",
    sessions,
    batch,
    events,
    warmUp: events / 2,
    subscriptions,
    isReading
  }
  return { scene: withSubscriptions(subscriptions, sessions), contender, module, input }
}

const ours = "ours, subscribers read later"
const reading = "ours, subscribers read at once"
const room = 10_000

/** As large as the App SDK can be measured in. */
const smallRoom = 100

const watching = [
  ...watched.flatMap((subscriptions) => [
    subscribed(ours, here("oursSubscribed.ts"), room, subscriptions, false, 32_000),
    subscribed(reading, here("oursSubscribed.ts"), room, subscriptions, true, 32_000)
  ]),
  ...[1, 10].flatMap((subscriptions) => [
    subscribed(ours, here("oursSubscribed.ts"), smallRoom, subscriptions, false, 32_000),
    subscribed(contenders.sdk, here("sdkSubscribed.ts"), smallRoom, subscriptions, false, 300)
  ])
]

/** How many times as long one case takes per event as another. */
const times =
  ([scene, contender]: readonly [string, string], [base, other]: readonly [string, string]) =>
  (round: Round) => {
    const over = round(scene, contender)?.["micros"]
    const under = round(base, other)?.["micros"]
    return over === undefined || under === undefined ? undefined : over / under
  }

const line = (median: Median, name: string, scenes: ReadonlyArray<readonly [number, string]>) => ({
  name,
  points: scenes.flatMap(([x, scene]) => {
    const y = median(scene, name, "micros")
    return y === undefined ? [] : [[x, y] as const]
  })
})

export const growthSuite: Suite = {
  name: "growth",
  title: "Growth: microseconds per event, one by one",
  rounds: 3,
  cases: [...growing, ...watching],
  columns: [
    { figure: "micros", label: "us per event" },
    { figure: "processor", label: "us of processor time" }
  ],
  targets: [
    {
      id: "P2",
      says: "an event among 10,000 sessions, against one among 1,000",
      unit: "x",
      value: times([withSessions(10_000), contenders.ours], [withSessions(1_000), contenders.ours]),
      limit: { most: 1.4 }
    },
    {
      id: "P2",
      says: "an event with 1,000 document subscriptions, against one with one",
      unit: "x",
      value: times([withSubscriptions(1_000, room), ours], [withSubscriptions(1, room), ours]),
      limit: { most: 1.3 }
    },
    {
      says: "100 sessions, one document watched: how many times as fast as @sanity/sdk",
      unit: "x",
      digits: 0,
      value: times(
        [withSubscriptions(1, smallRoom), contenders.sdk],
        [withSubscriptions(1, smallRoom), ours]
      ),
      limit: { least: 50 }
    }
  ],
  charts: (median) => [
    {
      file: "sessions.svg",
      title: "What an event costs, by sessions in the room",
      x: "sessions",
      y: "microseconds per event",
      isLogarithmic: true,
      lines: Object.values(contenders).map((name) =>
        line(
          median,
          name,
          allSizes.map((sessions) => [sessions, withSessions(sessions)])
        )
      )
    },
    {
      file: "subscriptions.svg",
      title: "What an event costs among 10,000 sessions, by documents watched",
      x: "documents watched",
      y: "microseconds per event",
      lines: [ours, reading].map((name) =>
        line(
          median,
          name,
          watched.map((count) => [count, withSubscriptions(count, room)])
        )
      )
    }
  ]
}
