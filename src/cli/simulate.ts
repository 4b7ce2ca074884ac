/**
 * `sanity-presence simulate`: fills a room with people.
 */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { resolveTarget } from "./room/RoomTarget.ts"
import { lengthText } from "./room/people.ts"
import { countText } from "./room/peopleTable.ts"
import { roomFlags } from "./room/roomSettings.ts"
import { emptyTally, type Settings, simulation, type Tally } from "./simulate/simulation.ts"
import { complain } from "./terminal/complain.ts"
import { layerLog } from "./terminal/layerLog.ts"
import { print } from "./terminal/Output.ts"
import { printableJson } from "./terminal/printable.ts"
import { progressLine } from "./terminal/progressLine.ts"

/** More sockets than that are a load test of this process, not of the room. */
const mostUsers = 2_000

const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const positive = (maximum: number) =>
  Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum }))

const flags = {
  room: roomFlags,
  users: Flag.Int("users").pipe(
    Flag.withSchema(whole(1, mostUsers)),
    Flag.withDescription(
      `How many people, ${mostUsers} at most; a relay takes 1,000 connections into a room unless told otherwise`
    ),
    Flag.withDefault(10)
  ),
  documents: Flag.Int("documents").pipe(
    Flag.withSchema(whole(1, 100_000)),
    Flag.withDescription("How many documents they are in"),
    Flag.withDefault(5)
  ),
  rate: Flag.Finite("rate").pipe(
    Flag.withSchema(positive(100)),
    Flag.withDescription("What each of them does in a second, on average"),
    Flag.withDefault(0.5)
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withDescription(
      "The same seed gives the same acts; one is chosen and printed if there is none"
    ),
    Flag.withDefault(undefined)
  ),
  duration: Flag.Finite("duration").pipe(
    Flag.withSchema(positive(30 * 86_400)),
    Flag.withDescription("After how many seconds it ends by itself"),
    Flag.withDefault(undefined)
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print the summary as JSON")
  )
}

type Values = Command.Command.Config.Infer<typeof flags>

const actsText = ({ acts }: Tally): string =>
  `focus ${acts.focus} · type ${acts.type} · idle ${acts.idle} · leave ${acts.leave} · reconnect ${acts.reconnect}`

const progressText = (tally: Tally, { users }: Settings, millis: number): string => {
  const refused = tally.refused === 0 ? "" : ` · refused ${tally.refused}`
  return `${lengthText(millis)} · ${tally.connected} of ${users} connected · ${actsText(tally)}${refused}`
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
    const { documents, duration, json, rate, room, users } = values
    const target = yield* resolveTarget(room)
    const seed = values.seed ?? (yield* Random.nextIntBetween(0, 999_999))
    const settings: Settings = { documents, rate, seed, users }
    if (target.note !== undefined) yield* complain(target.note)
    if (!target.isInvented && users > 1) {
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
      // Who stops it wants to know, too.
      Effect.onInterrupt(() => Effect.ignore(report))
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
