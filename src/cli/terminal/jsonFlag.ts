/**
 * `--json`, which every command that prints anything for scripts has.
 */
import * as Flag from "effect/cli/Flag"

/** The flag; `description` says what is printed then. */
export const jsonFlag = (description: string): Flag.Flag<boolean> =>
  Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription(description))
