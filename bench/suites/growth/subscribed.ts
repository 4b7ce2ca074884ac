/** What clients with subscriptions to documents have in common. */
import { deepStrictEqual, ok } from "node:assert/strict"
import type { Input } from "../ingest/drive.ts"
import { documentIdOf, placeOf } from "../ingest/traffic.ts"

/** `isReading`: whoever is notified reads at once who is there; else, as React does, later. */
export interface SubscribedInput extends Input {
  readonly subscriptions: number
  readonly isReading: boolean
}

interface Entry {
  readonly sessionId: string
  readonly documentId: string
  readonly path: ReadonlyArray<unknown>
}

/** Verifies that subscribers were notified, and see who is in their document and nobody else. */
export const check = (
  notified: number,
  seen: ReadonlyArray<ReadonlyArray<Entry>>,
  places: ReadonlyMap<string, string>
) => {
  ok(seen.length === 0 || notified > 0, "no subscriber was notified")
  seen.forEach((entries, document) => {
    const prefix = `${documentIdOf(document)}/`
    const shown = entries.map(({ documentId, path, sessionId }) => [
      sessionId,
      placeOf(documentId, path)
    ])
    const there = Array.from(places).filter(([, place]) => place.startsWith(prefix))
    deepStrictEqual(shown.toSorted(), there.toSorted())
  })
}
