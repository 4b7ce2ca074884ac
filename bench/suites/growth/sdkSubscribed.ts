/** The presence store of `@sanity/sdk`, with subscriptions to the presence of many documents. */
import { getDocumentPresence } from "@sanity/sdk"
import type { Measure } from "../../suite.ts"
import { join } from "../ingest/sdk.ts"
import { driveSubscribed, type SubscribedInput } from "./subscribed.ts"

export const measure: Measure<SubscribedInput> = async (input) => {
  const { client, instance } = await join()
  return driveSubscribed(client, input, (documentId) =>
    getDocumentPresence(instance, { documentId })
  )
}
