import type { PresenceState } from "../../src/index.ts"

/** Whether it is one thing that happened to one session, for tests in which nobody is slow. */
export const isStep = (
  change: PresenceState.PresenceChange | PresenceState.Reset
): change is PresenceState.PresenceChange => change._tag !== "Reset"
