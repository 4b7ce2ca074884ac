import type { DocumentPresence } from "../../src/index.ts"
import { hueOf } from "../../src/react/index.ts"

/** The attributes of a field that somebody is in: the colour of the first who is live. */
export const occupied = (presence: ReadonlyArray<DocumentPresence>) => {
  const first = presence.find(({ stale }) => !stale)
  return first === undefined
    ? {}
    : { "data-hue": hueOf(first.user.id), "data-occupied": first.activity }
}
