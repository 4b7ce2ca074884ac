/**
 * What a command has to say beside its output.
 */
import * as Console from "effect/Console"
import type * as Effect from "effect/Effect"
import { printable } from "./printable.ts"

/** One line on stderr, however the message was laid out. */
export const complain = (message: string): Effect.Effect<void> =>
  Console.error(`sanity-presence: ${printable(message.replace(/\s+/g, " ").trim())}`)
