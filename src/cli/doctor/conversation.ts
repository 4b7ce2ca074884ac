/**
 * What is said over the WebSocket, request by request.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { type Token, withoutTokens } from "../../Auth.ts"
import { Method } from "../../bifur/BifurEvent.ts"
import * as Connection from "../../bifur/Connection.ts"
import type { ConnectionEnd } from "../../bifur/ConnectionEnd.ts"
import type { PresenceConfigShape } from "../../PresenceConfig.ts"
import type { TransportEvent } from "../../Transport.ts"
import { stepFailed, type StepFailed } from "./Step.ts"

/** A connection that is open, and who was heard on it so far. */
export interface Conversation {
  readonly link: Connection.Link
  readonly heard: ReadonlyArray<TransportEvent>
  /** How it ended, once it has. */
  readonly ended: Effect.Effect<never, ConnectionEnd>
}

/** Opens a socket, which ends with the scope. */
export const open = Effect.fnUntraced(function* (
  url: string,
  config: PresenceConfigShape,
  token: Token
) {
  const opening = Deferred.makeUnsafe<Connection.Link, ConnectionEnd>()
  const ending = Deferred.makeUnsafe<never, ConnectionEnd>()
  const heard: Array<TransportEvent> = []
  yield* Effect.forkScoped(
    Connection.run({
      url,
      config,
      redact: (text) => withoutTokens(text, [token]),
      handler: {
        opened: (link) => Deferred.doneUnsafe(opening, Effect.succeed(link)),
        subscribed: () => {},
        heard: () => {},
        received: (event) => {
          if (event !== undefined) heard.push(event)
        },
        ended: (end) => {
          Deferred.doneUnsafe(opening, Effect.fail(end))
          Deferred.doneUnsafe(ending, Effect.fail(end))
        }
      }
    })
  )
  const conversation: Conversation = {
    link: yield* Deferred.await(opening),
    heard,
    ended: Deferred.await(ending)
  }
  return conversation
})

/** How soon after a request that fails the end of its connection is known. */
const endDelay = "100 millis"

/** Being sent away for a while has two reasons: no place, or nobody to ask about the token. */
const busyAdvice = (reason: string): string =>
  /could not be checked|being checked/.test(reason)
    ? "The relay cannot find out whose the token is. Try again in a moment; its log says why."
    : "It has as many of these as it takes. Try again later, or raise the bounds of the relay."

/** A step on the connection: it may end before there is an answer. */
export const ask = <A>(
  { ended }: Conversation,
  request: Effect.Effect<A, ConnectionEnd>,
  advice: string
): Effect.Effect<A, StepFailed> =>
  request.pipe(
    // Where the connection ends, its end says more than the request that failed by it.
    Effect.catch((failure) =>
      Effect.andThen(Effect.timeoutOption(ended, endDelay), Effect.fail(failure))
    ),
    Effect.raceFirst(ended),
    Effect.mapError((end) =>
      failedBy(
        end,
        end._tag === "Lost" && end.sentAway === "busy" ? busyAdvice(end.reason) : advice
      )
    )
  )

const refusedAdvice =
  "Sign in again, or make a token that is valid for this project: sanity.io/manage, under API."

/** What is the case, and behind it what to do, where a reason says both. */
const caseAndAdvice = /^(.*?\.) (\S.*)$/s

/** The end of a connection as a step that failed; what is final often says itself what to do. */
export const failedBy = ({ _tag, reason }: ConnectionEnd, advice: string): StepFailed => {
  const sentence = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`
  const kind = _tag === "Unauthorized" ? "unauthorized" : "failed"
  const [, problem, itsAdvice] = (_tag === "Lost" ? null : caseAndAdvice.exec(sentence)) ?? []
  if (problem !== undefined && itsAdvice !== undefined) return stepFailed(problem, itsAdvice, kind)
  return stepFailed(
    sentence.endsWith(".") ? sentence : `${sentence}.`,
    _tag === "Unauthorized" ? refusedAdvice : advice,
    kind
  )
}

/** Asks who is there, and counts who answers within the time in which others answer. */
export const callRoll = Effect.fnUntraced(function* (
  conversation: Conversation,
  session: string,
  config: PresenceConfigShape
) {
  const { heard, link } = conversation
  const request = link.rpc.request(Method.rollCall, { session }, { timeout: config.requestTimeout })
  yield* ask(
    conversation,
    Effect.mapError(request, ({ message }): ConnectionEnd => ({ _tag: "Lost", reason: message })),
    "The service is there but does not answer as it should. Try again later."
  )
  yield* ask(
    conversation,
    Effect.sleep(config.readyQuiet),
    "The connection was lost while others answered. Try again."
  )
  const sessions = new Set(
    heard.flatMap((event) => (event._tag === "State" ? [`${event.userId} ${event.sessionId}`] : []))
  )
  const users = new Set(heard.flatMap((event) => (event._tag === "State" ? [event.userId] : [])))
  return { sessions: sessions.size, users: users.size }
})
