/** What clients with subscriptions to documents have in common. */
import { deepStrictEqual, ok } from "node:assert/strict"
import type { Figures } from "../../suite.ts"
import { type Client, drive, type Input } from "../ingest/drive.ts"
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

interface Source {
  readonly getCurrent: () => ReadonlyArray<Entry>
  readonly subscribe: (listener: () => void) => unknown
}

/**
 * Drives a client with a subscriber to each of its documents, and verifies that they were notified, and see
 * who is in their document and nobody else.
 *
 * @param sourceOf the presence of the document with this id
 */
export const driveSubscribed = async (
  client: Client<string>,
  input: SubscribedInput,
  sourceOf: (documentId: string) => Source
): Promise<Figures> => {
  const sources = Array.from({ length: input.subscriptions }, (_, document) =>
    sourceOf(documentIdOf(document))
  )
  let notified = 0
  for (const source of sources) {
    source.subscribe(() => {
      notified += 1
      if (input.isReading) source.getCurrent()
    })
  }
  const figures = await drive(client, input)
  ok(notified > 0, "no subscriber was notified")
  const places = Array.from(client.places())
  sources.forEach((source, document) => {
    const prefix = `${documentIdOf(document)}/`
    const shown = source
      .getCurrent()
      .map(({ documentId, path, sessionId }) => [sessionId, placeOf(documentId, path)])
    const there = places.filter(([, place]) => place.startsWith(prefix))
    deepStrictEqual(shown.toSorted(), there.toSorted())
  })
  return figures
}
