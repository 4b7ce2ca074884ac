/**
 * `sanity-presence relay`: runs a relay until it is stopped.
 */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { flags, type Values } from "./relay/flags.ts"

/** Loaded only where it is asked for: the other commands start sooner without a server. */
const serve = (values: Values) =>
  Effect.flatMap(
    Effect.promise(() => import("./relay/serve.ts")),
    ({ serve }) => serve(values)
  )

/** The command; it fails with a message in one line where the relay cannot start. */
export const relay = Command.make("relay", flags, serve).pipe(
  Command.withDescription("Run a presence relay, until it is stopped"),
  Command.withExamples([
    {
      command: "sanity-presence relay --auth development",
      description: "Listen on this machine, port 4000, and let in anyone as anyone"
    },
    {
      command: "sanity-presence relay --auth sanity --sanity-projects abc123 --host 0.0.0.0",
      description: "Let in the members of a project"
    }
  ])
)
