/** The whole client, with subscriptions to the presence of many documents. */
import * as Layer from "effect/Layer"
import { createPresence, Presence } from "../../../src/index.ts"
import type { Measure } from "../../suite.ts"
import { join } from "../ingest/ours.ts"
import { driveSubscribed, type SubscribedInput } from "./subscribed.ts"

export const measure: Measure<SubscribedInput> = async (input) => {
  const { client, presence } = await join()
  const handle = createPresence({ layer: Layer.succeed(Presence, presence) })
  await handle.ready()
  return driveSubscribed(client, input, (documentId) => handle.getDocumentPresence({ documentId }))
}
