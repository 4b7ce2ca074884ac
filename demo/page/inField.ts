import { isSamePath, type Path } from "../../src/Location.ts"
import type { UserPresence } from "../../src/index.ts"

/** Those who are in exactly this field. */
export const inField = (
  people: ReadonlyArray<UserPresence>,
  documentId: string,
  path: Path
): ReadonlyArray<UserPresence> =>
  people.filter(({ locations }) =>
    locations.some(
      (location) => location.documentId === documentId && isSamePath(location.path, path)
    )
  )
