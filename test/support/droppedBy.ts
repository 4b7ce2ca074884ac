import type { Backplane } from "../../src/relay/Backplane.ts"

/** How many messages a backplane has dropped, for whatever reason. */
export const droppedBy = (backplane: Backplane["Service"]): number =>
  Array.from(backplane.counts().dropped.values()).reduce((sum, count) => sum + count, 0)
