/**
 * A soak for as long as asked:
 *
 *     npx node test/fault/soak/command.ts --minutes 10 --seed 123 --clients 20
 *
 * Prints the seed first, a line every 10 s and a table at the end; exits with 1 where anything is
 * wrong. The seed asks for the same faults at the same times again; how they meet is up to the
 * machine.
 */
import { randomInt } from "node:crypto"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { format } from "./Report.ts"
import { runSoak } from "./Soak.ts"

/** Something was wrong, and has been told. */
class SoakFailed extends Schema.TaggedError<SoakFailed>()("SoakFailed", {
  problems: Schema.Finite
}) {}

const maxMinutes = 24 * 60
const maxClients = 200
const maxSeed = 2 ** 31 - 1

const flags = {
  minutes: Flag.Finite("minutes").pipe(
    Flag.withDescription(
      "For how long there are faults (1); after each minute all have 30 s to agree"
    ),
    Flag.filter(
      (minutes) => minutes > 0 && minutes <= maxMinutes,
      (minutes) => `Expected minutes from above 0 to ${maxMinutes}, got ${minutes}`
    ),
    Flag.withDefault(1)
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withDescription("What is drawn from (at random)"),
    Flag.filter(
      (seed) => seed >= 0 && seed <= maxSeed,
      (seed) => `Expected a seed from 0 to ${maxSeed}, got ${seed}`
    ),
    Flag.withDefault(randomInt(maxSeed))
  ),
  clients: Flag.Int("clients").pipe(
    Flag.withDescription("How many are in the room (20)"),
    Flag.filter(
      (clients) => clients >= 2 && clients <= maxClients,
      (clients) => `Expected clients from 2 to ${maxClients}, got ${clients}`
    ),
    Flag.withDefault(20)
  )
}

const soak = Command.make(
  "soak",
  flags,
  Effect.fnUntraced(function* ({ clients, minutes, seed }) {
    yield* Console.log(`seed ${seed}, ${clients} clients, ${minutes} minutes`)
    const report = yield* runSoak({ seed, seconds: minutes * 60, clients, progress: console.log })
    const { problems } = report
    yield* Console.log(format(report))
    yield* Console.log(problems.length === 0 ? "all is well" : `seed ${seed}: wrong, see above`)
    if (problems.length > 0) return yield* new SoakFailed({ problems: problems.length })
  })
).pipe(
  Command.withDescription(
    "Faults of every kind for a room of real clients, and a judge who knows the truth"
  )
)

/** What has been told already is not told again. */
const complain = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  const error = Cause.squash(cause)
  const isTold = CliError.isCliError(error) || error instanceof SoakFailed
  return isTold || Cause.hasInterruptsOnly(cause) ? Effect.void : Console.error(Cause.pretty(cause))
}

soak.pipe(
  Command.run({ version: "1.0.0" }),
  Effect.tapCause(complain),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
