/**
 * `sanity-presence doctor`: the way into a room step by step, and what to do where it ends.
 */
import { randomUUID } from "node:crypto"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Socket from "effect/socket/Socket"
import * as FrameTrace from "../bifur/FrameTrace.ts"
import * as PresenceConfig from "../PresenceConfig.ts"
import { fromOptions } from "../SanityClient.ts"
import { CommandError, CommandFailed, TokenRefused } from "./CommandError.ts"
import * as Conversation from "./doctor/conversation.ts"
import * as Network from "./doctor/network.ts"
import { makeRun, type Outcome, stepFailed, type StepFailed, stepNames } from "./doctor/Step.ts"
import { failWhenInterrupted } from "./interrupted.ts"
import { resolveTarget, type RoomTarget } from "./room/RoomTarget.ts"
import { defaultTimeout, roomFlags, type RoomValues } from "./room/roomSettings.ts"
import { countText } from "./room/peopleTable.ts"
import { layerLog } from "./terminal/layerLog.ts"
import { type OutputClosed, type OutputFailed, print, style } from "./terminal/Output.ts"
import { pad, printable, printableJson } from "./terminal/printable.ts"

const flags = {
  room: roomFlags,
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print every step as a line of JSON")
  ),
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

const tokenText = ({ inClear, isInvented, token }: RoomTarget): string => {
  if (isInvented) return "a name for a relay in development as the token"
  if (Option.isNone(token)) return "without a token"
  return inClear === undefined
    ? "with a token"
    : `with a token, which whoever is on the way to ${inClear} can read: use https://`
}

/** A step that may take so long. */
const within =
  (seconds: number) =>
  <A, R>(step: Effect.Effect<A, StepFailed, R>): Effect.Effect<A, StepFailed, R> =>
    Effect.timeoutOrElse(step, {
      duration: `${seconds} seconds`,
      orElse: () =>
        Effect.fail(
          stepFailed(
            `There was no answer within ${seconds} s.`,
            "Check the network and the firewall, or give it more time: --timeout."
          )
        )
    })

const examine = Effect.fnUntraced(function* (
  { timeout = defaultTimeout, ...room }: RoomValues,
  report: (outcome: Outcome) => Effect.Effect<void, OutputClosed | OutputFailed>
) {
  const run = makeRun(report)
  const settings = Effect.gen(function* () {
    const target = yield* resolveTarget({ ...room, timeout })
    const { socketUrl } = yield* fromOptions(target.options)
    return { target, url: new URL(socketUrl) }
  }).pipe(
    Effect.mapError(({ message }) =>
      stepFailed(
        message,
        "See sanity-presence doctor --help for the flags and the variables.",
        "usage"
      )
    )
  )
  const { target, url } = yield* run(
    "settings",
    settings,
    ({ target }) => `${target.name}, ${tokenText(target)}`
  )
  const { token } = target
  const endpoint = Network.endpointOf(url)
  const config = PresenceConfig.make({
    openTimeout: timeout * 1_000,
    authorizeTimeout: timeout * 1_000,
    requestTimeout: timeout * 1_000
  })
  const limit = within(timeout)
  yield* run(
    "name",
    limit(Network.resolveName(endpoint)),
    (all) => `${endpoint.host} is ${all.join(", ")}`
  )
  yield* run("TCP", limit(Network.reach(endpoint)), (text) => text)
  if (endpoint.isTls) yield* run("TLS", limit(Network.secure(endpoint)), (text) => text)
  yield* run("upgrade", limit(Network.upgrade(url, Option.isSome(token))), () => url.pathname)
  const conversation = yield* run(
    "open",
    limit(
      Effect.mapError(Conversation.open(url.href, config, token), (end) =>
        Conversation.failedBy(end, "Try again: the address is right, it answered a moment ago.")
      )
    ),
    () => "WebSocket open"
  )
  const { link } = conversation
  yield* run(
    "authorize",
    Option.isNone(token)
      ? Effect.void
      : Conversation.ask(
          conversation,
          link.authorize(token.value),
          "The service is there but does not take the token. Try again later."
        ),
    () => (Option.isNone(token) ? "no token to authorize with" : "the token is accepted")
  )
  yield* run(
    "subscribe",
    Conversation.ask(
      conversation,
      link.subscribe(Option.isSome(token)),
      "The room cannot be entered. Check the dataset, and whether the token's user may read it."
    ),
    () => target.name
  )
  yield* run(
    "roll call",
    Conversation.callRoll(conversation, randomUUID(), config),
    ({ sessions, users }) =>
      sessions === 0
        ? "nobody else is here"
        : `${countText(sessions, "session")} of ${countText(users, "user")} answered`
  )
})

/** The frames as they go by, on stderr. */
const layerTrace = FrameTrace.layerListener(({ direction, millis, text }) => {
  const arrow = direction === "sent" ? "→" : "←"
  process.stderr.write(`${arrow} ${Math.round(millis)} ms ${printable(text)}\n`)
})

const failures = {
  failed: (message: string) => new CommandFailed({ message }),
  usage: (message: string) => new CommandError({ message }),
  unauthorized: (message: string) => new TokenRefused({ message })
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
