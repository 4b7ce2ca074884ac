/**
 * What a command says that has waited for a connection as long as it may.
 */
import { CommandFailed } from "../CommandFailure.ts"

/** @param why the middle of a sentence */
export const noConnection = (seconds: number, why: string): CommandFailed =>
  new CommandFailed({
    message: `No connection within ${seconds} s: ${why}. For where it fails run sanity-presence doctor.`
  })
