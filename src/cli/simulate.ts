/**
 * `sanity-presence simulate`: fills a room with people.
 */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { failWhenInterrupted } from "./interrupted.ts"
import { findRoom } from "./room/joinRoom.ts"
import { lengthText } from "./room/people.ts"
import { countText } from "./room/peopleTable.ts"
import { roomFlags } from "./room/roomSettings.ts"
import { emptyTally, type Settings, simulation, type Tally } from "./simulate/simulation.ts"
import { count, flagsOf, quantity, seconds } from "./Setting.ts"
import { complain } from "./terminal/complain.ts"
import { jsonFlag } from "./terminal/jsonFlag.ts"
import { layerLog } from "./terminal/layerLog.ts"
import { print } from "./terminal/Output.ts"
import { printableJson } from "./terminal/printable.ts"
import { progressLine } from "./terminal/progressLine.ts"

const defaults = { users: 10, documents: 5, rate: 0.5 }

const numbers = {
  users: count({
    name: "users",
    env: null,
    default: defaults.users,
    min: 1,
    // More sockets than that are a load test of this process, not of the room.
    max: 2_000,
    description:
      "How many people; a relay takes 1,000 connections into a room unless told otherwise"
  }),
  documents: count({
    name: "documents",
    env: null,
    default: defaults.documents,
    min: 1,
    max: 100_000,
    description: "How many documents they are in"
  }),
  rate: quantity(
    {
      name: "rate",
      env: null,
      default: defaults.rate,
      min: 0.001,
      max: 100,
      description: "What each of them does in a second, on average"
    },
    "acts/s"
  ),
  seed: count({
    name: "seed",
    env: null,
    default: "one is chosen and printed",
    min: 0,
    max: 999_999_999,
    description: "The same seed gives the same acts"
  }),
  duration: seconds({
    name: "duration",
    env: null,
    default: "until it is stopped",
    min: 0.001,
    max: 30 * 86_400,
    description: "After how long it ends by itself"
  })
}

const flags = {
  room: roomFlags,
  ...flagsOf(numbers),
  json: jsonFlag("Print the summary as JSON")
}

type Values = Command.Command.Config.Infer<typeof flags>

const actsText = ({ acts }: Tally): string =>
  `focus ${acts.focus} · type ${acts.type} · idle ${acts.idle} · leave ${acts.leave} · reconnect ${acts.reconnect}`

const progressText = (tally: Tally, { users }: Settings, millis: number): string => {
  const refused = tally.refused === 0 ? "" : ` · refused ${tally.refused}`
  return `${lengthText(millis)} · ${tally.connected} of ${users} connected, ${tally.away} away · ${actsText(tally)}${refused}`
}

const summary = (tally: Tally, { seed, users }: Settings, millis: number): string =>
  [
    `${countText(users, "user")}, ${lengthText(millis)}, seed ${seed}`,
    actsText(tally),
    `an onlooker saw ${countText(tally.seen.changes, "change")}; at the end ${countText(tally.seen.sessions, "session")}`,
    ...(tally.refused === 0 ? [] : [`${tally.refused} were refused`])
  ].join("\n")

const run = (values: Values) =>
  Effect.gen(function* () {
    const { duration, json, room } = values
    // Whoever stops it before that has sent nobody anywhere: there is nothing to sum up.
    const target = yield* failWhenInterrupted(findRoom(room))
    const settings: Settings = {
      documents: values.documents ?? defaults.documents,
      rate: values.rate ?? defaults.rate,
      seed: values.seed ?? (yield* Random.nextIntBetween(0, 999_999)),
      users: values.users ?? defaults.users
    }
    if (!target.isInvented && settings.users > 1) {
      yield* complain("Everyone has the same token: they are sessions of one user.")
    }
    const tally = emptyTally()
    const start = yield* Clock.currentTimeMillis
    const elapsed = Effect.map(Clock.currentTimeMillis, (now) => now - start)
    const report = Effect.flatMap(elapsed, (millis) =>
      print(
        json
          ? printableJson({
              ...settings,
              seconds: millis / 1_000,
              acts: tally.acts,
              refused: tally.refused,
              seen: tally.seen
            })
          : summary(tally, settings, millis)
      )
    )
    yield* simulation(target, settings, tally, room.timeout).pipe(
      Effect.raceFirst(duration === undefined ? Effect.never : Effect.sleep(`${duration} seconds`)),
      Effect.raceFirst(
        progressLine(Effect.map(elapsed, (millis) => progressText(tally, settings, millis)))
      ),
      // Who stops it wants to know, too, and so does who is refused after a while.
      Effect.onInterrupt(() => Effect.ignore(report)),
      Effect.tapError(() => (tally.refused === 0 ? Effect.void : Effect.ignore(report)))
    )
    yield* report
  }).pipe(Effect.provide(layerLog))

/** People who focus, type, stop to think, leave, come back and lose their connection. */
export const simulate = Command.make("simulate", flags, run).pipe(
  Command.withDescription("Fill a room with people who focus, type, idle, leave and reconnect"),
  Command.withExamples([
    {
      command: "sanity-presence simulate --users 20 --documents 5 --rate 1",
      description: "Twenty people on the relay of this machine, until Ctrl-C"
    },
    {
      command: "sanity-presence simulate --users 3 --seed 7 --duration 30 --json",
      description: "The same thirty seconds each time"
    }
  ])
)
