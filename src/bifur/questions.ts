/**
 * What the machine asks others for, and the event that their answer is. None of them fails: somebody
 * waits for the outcome.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { Auth, Token } from "../Auth.ts"
import type { PresenceConfigShape } from "../PresenceConfig.ts"
import type { TransportError } from "../Transport.ts"
import type { Link } from "./Connection.ts"
import { lost } from "./ConnectionEnd.ts"
import type { Event } from "./ConnectionState.ts"
import type { Inquiry } from "./Inquiry.ts"

/** The token, from whoever gives it. */
export const askToken = (
  auth: Auth["Service"],
  { authorizeTimeout }: PresenceConfigShape
): Effect.Effect<Event> =>
  auth.ask.pipe(
    Effect.mapError((error) => lost(error.message)),
    Effect.timeoutOrElse({
      duration: authorizeTimeout,
      orElse: () => Effect.fail(lost("no token was given in time"))
    }),
    // Whatever becomes of it, defects and interruption too, somebody waits for the outcome.
    Effect.exit,
    Effect.map((exit) =>
      Exit.isSuccess(exit)
        ? { _tag: "TokenGiven", token: exit.value }
        : {
            _tag: "TokenMissing",
            end: Option.getOrElse(Cause.findErrorOption(exit.cause), () =>
              lost("no token could be had: it ended unexpectedly")
            )
          }
    )
  )

/** Whether the server takes the token. */
export const authorize = (
  link: Link,
  token: Redacted.Redacted<string>,
  socket: number
): Effect.Effect<Event> =>
  Effect.match(link.authorize(token), {
    onFailure: (end): Event => ({ _tag: "Unaccepted", socket, end }),
    onSuccess: () => ({ _tag: "Authorized", socket })
  })

/** Whether there is an answer to a request; a refusal is one. */
export const probe = (
  request: Effect.Effect<unknown, TransportError>,
  socket: number,
  number: number
): Effect.Effect<Event> =>
  Effect.match(request, {
    onFailure: ({ reason }): Event => ({
      _tag: reason._tag === "Rejected" ? "ProbeAnswered" : "ProbeFailed",
      socket,
      probe: number
    }),
    onSuccess: () => ({ _tag: "ProbeAnswered", socket, probe: number })
  })

/** Whether a token is of another user. */
export const identify = (
  isOtherUser: Effect.Effect<boolean>,
  socket: number
): Effect.Effect<Event> =>
  Effect.map(isOtherUser, (isOther) => ({ _tag: "Identified", socket, isOther }))

/** Why no socket opens; nothing where that can't be found out in time. */
export const explain = (
  inquiry: Inquiry["Service"],
  token: Token,
  { openTimeout }: PresenceConfigShape
): Effect.Effect<Option.Option<Event>> =>
  inquiry
    .explain(token)
    .pipe(
      Effect.timeoutOption(openTimeout),
      Effect.map(Option.map((end): Event => ({ _tag: "Explained", token, end })))
    )
