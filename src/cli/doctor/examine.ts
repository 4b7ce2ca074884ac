/**
 * The way into a room, step by step; it ends with the first that fails.
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PresenceConfig from "../../PresenceConfig.ts"
import { fromOptions } from "../../SanityClient.ts"
import { countText } from "../room/peopleTable.ts"
import { otherProject } from "../room/relayProject.ts"
import { resolveTarget, type RoomTarget } from "../room/RoomTarget.ts"
import { defaultTimeout, type RoomValues } from "../room/roomSettings.ts"
import * as Conversation from "./conversation.ts"
import * as Network from "./network.ts"
import { makeRun, type Report, stepFailed, type StepFailed } from "./Step.ts"

type Run<E> = ReturnType<typeof makeRun<E>>

/** Which room is meant, and where its socket is. */
interface Destination {
  readonly target: RoomTarget
  readonly url: URL
  /** How long a step may take, in seconds. */
  readonly timeout: number
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

/** Reads what the flags and the variables say. */
const findDestination = <E>(run: Run<E>, { timeout = defaultTimeout, ...room }: RoomValues) => {
  const settings = Effect.gen(function* () {
    const target = yield* resolveTarget({ ...room, timeout })
    const { socketUrl } = yield* fromOptions(target.options)
    const destination: Destination = { target, url: new URL(socketUrl), timeout }
    return destination
  }).pipe(
    Effect.mapError(({ message }) =>
      stepFailed(
        message,
        "See sanity-presence doctor --help for the flags and the variables.",
        "usage"
      )
    )
  )
  return run("settings", settings, ({ target }) => `${target.name}, ${tokenText(target)}`)
}

/** Goes as far as one gets without speaking the protocol. */
const reachServer = Effect.fnUntraced(function* <E>(
  run: Run<E>,
  { target, timeout, url }: Destination
) {
  const endpoint = Network.endpointOf(url)
  const limit = within(timeout)
  yield* run(
    "name",
    limit(Network.resolveName(endpoint)),
    (all) => `${endpoint.host} is ${all.join(", ")}`
  )
  yield* run("TCP", limit(Network.reach(endpoint)), (text) => text)
  if (endpoint.isTls) yield* run("TLS", limit(Network.secure(endpoint)), (text) => text)
  const upgrade = Effect.gen(function* () {
    yield* Network.upgrade(url, Option.isSome(target.token))
    const other = yield* otherProject(target, url.href)
    if (other !== undefined) return yield* stepFailed(other.problem, other.advice, "usage")
  })
  yield* run("upgrade", limit(upgrade), () => url.pathname)
})

/** Enters the room, and asks who is there. */
const converse = Effect.fnUntraced(function* <E>(
  run: Run<E>,
  { target, timeout, url }: Destination
) {
  const { token } = target
  const config = PresenceConfig.make({
    openTimeout: timeout * 1_000,
    authorizeTimeout: timeout * 1_000,
    requestTimeout: timeout * 1_000
  })
  const conversation = yield* run(
    "open",
    within(timeout)(
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

/** Goes the whole way, and reports each step. */
export const examine = Effect.fnUntraced(function* <E>(room: RoomValues, report: Report<E>) {
  const run = makeRun(report)
  const destination = yield* findDestination(run, room)
  yield* reachServer(run, destination)
  yield* converse(run, destination)
})
