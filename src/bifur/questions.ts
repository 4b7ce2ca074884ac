/**
 * What the machine asks others than the server, and the event that the answer is. None of them fails:
 * somebody waits for the outcome.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Auth, Token } from "../Auth.ts"
import type { PresenceConfigShape } from "../PresenceConfig.ts"
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
