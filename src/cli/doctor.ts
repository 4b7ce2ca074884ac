/**
 * `sanity-presence doctor`: the way into a room step by step, and what to do where it ends.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import * as FrameTrace from "../bifur/FrameTrace.ts"
import { UsageError, CommandFailed, CommandUnauthorized } from "./CommandFailure.ts"
import { examine } from "./doctor/examine.ts"
import { type Outcome, stepNames } from "./doctor/Step.ts"
import { failWhenInterrupted } from "./interrupted.ts"
import { roomFlags } from "./room/roomSettings.ts"
import { jsonFlag } from "./terminal/jsonFlag.ts"
import { layerLog } from "./terminal/layerLog.ts"
import { print, style } from "./terminal/Output.ts"
import { pad, printable, printableJson } from "./terminal/printable.ts"

const flags = {
  room: roomFlags,
  json: jsonFlag("Print every step as a line of JSON"),
  trace: Flag.Boolean("trace").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print every frame of the WebSocket, too, on stderr, without the token")
  )
}

type Values = Command.Command.Config.Infer<typeof flags>

const nameWidth = Math.max(...stepNames.map(({ length }) => length))

const outcomeText = (outcome: Outcome): string => {
  const mark = outcome.ok ? style("green", "✓") : style("red", "✗")
  const said = printable(outcome.ok ? outcome.detail : outcome.problem)
  const line = `${mark} ${pad(outcome.step, nameWidth)}  ${`${outcome.millis} ms`.padStart(8)}  ${said}`
  return outcome.ok ? line : `${line}\n  ${style("bold", "→")} ${printable(outcome.advice)}`
}

/** The frames as they go by, on stderr. */
const layerTrace = FrameTrace.layerListener(({ direction, millis, text }) => {
  const arrow = direction === "sent" ? "→" : "←"
  process.stderr.write(`${arrow} ${Math.round(millis)} ms ${printable(text)}\n`)
})

const failures = {
  failed: (message: string) => new CommandFailed({ message }),
  usage: (message: string) => new UsageError({ message }),
  unauthorized: (message: string) => new CommandUnauthorized({ message })
}

const run = ({ json, room, trace }: Values) =>
  examine(room, (outcome) => print(json ? printableJson(outcome) : outcomeText(outcome))).pipe(
    Effect.catchTag("StepFailed", ({ kind, message }) => Effect.fail(failures[kind](message))),
    Effect.scoped,
    Effect.provide(trace ? layerTrace : Socket.layerWebSocketConstructorGlobal),
    Effect.provide(layerLog),
    failWhenInterrupted
  )

/** Every step on the way into the room. */
export const doctor = Command.make("doctor", flags, run).pipe(
  Command.withDescription(
    "Check the way into a room step by step, and say what to do where it ends"
  ),
  Command.withExamples([
    { command: "sanity-presence doctor", description: "The relay of this machine" },
    {
      command: "sanity-presence doctor --project abc123 --dataset production --trace",
      description: "A project of Sanity, with every frame"
    }
  ])
)
