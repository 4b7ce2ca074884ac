/**
 * The commands of `sanity-presence`, as one tree.
 */
import * as Command from "effect/cli/Command"
import { announce } from "./announce.ts"
import { doctor } from "./doctor.ts"
import { relay } from "./relay.ts"
import { simulate } from "./simulate.ts"
import { watch } from "./watch.ts"
import { who } from "./who.ts"

export const root = Command.make("sanity-presence").pipe(
  Command.withDescription("Presence for Sanity, at the command line"),
  Command.withSubcommands([who, watch, announce, simulate, doctor, relay])
)
