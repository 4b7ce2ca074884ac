import * as Duration from "effect/Duration"
import * as PresenceConfig from "../../../src/PresenceConfig.ts"

/** How long after an announce changes are held back to go out as one, in milliseconds. */
export const announceWindow = Duration.toMillis(PresenceConfig.make({}).announceWindow)
