/** The presence store of `@sanity/sdk`, with subscriptions to the presence of many documents. */
import { getDocumentPresence } from "@sanity/sdk"
import type { Measure } from "../../suite.ts"
import { drive } from "../ingest/drive.ts"
import { join } from "../ingest/sdk.ts"
import { documentIdOf } from "../ingest/traffic.ts"
import { check, type SubscribedInput } from "./subscribed.ts"

export const measure: Measure<SubscribedInput> = async (input) => {
  const { client, instance } = await join()
  const sources = Array.from({ length: input.subscriptions }, (_, document) =>
    getDocumentPresence(instance, { documentId: documentIdOf(document) })
  )
  let notified = 0
  for (const source of sources) {
    source.subscribe(() => {
      notified += 1
      if (input.isReading) source.getCurrent()
    })
  }
  const figures = await drive(client, input)
  check(
    notified,
    sources.map((source) => source.getCurrent()),
    client.places()
  )
  return figures
}
