/**
 * How far long work is, on stderr: one line that changes on a terminal, a line now and then elsewhere.
 */
import * as Effect from "effect/Effect"
import { complain } from "./complain.ts"
import { fit } from "./printable.ts"

const onTerminal = "1 second"
const elsewhere = "10 seconds"

const startOfLine = "\r\u001B[K"

const say = (text: string): Effect.Effect<void> =>
  Effect.sync(() => void process.stderr.write(text))

/** Shows what the effect gives, for ever; the line is gone when that is interrupted. */
export const progressLine = <E, R>(text: Effect.Effect<string, E, R>): Effect.Effect<never, E, R> =>
  process.stderr.isTTY
    ? Effect.flatMap(text, (line) =>
        say(`${startOfLine}${fit(line, (process.stderr.columns ?? 80) - 1)}`)
      ).pipe(
        Effect.andThen(Effect.sleep(onTerminal)),
        Effect.forever,
        Effect.ensuring(say(startOfLine))
      )
    : Effect.sleep(elsewhere).pipe(Effect.andThen(Effect.flatMap(text, complain)), Effect.forever)
