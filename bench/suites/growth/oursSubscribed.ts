/** The whole client, with subscriptions to the presence of many documents. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createPresence, Presence } from "../../../src/index.ts"
import type { Measure } from "../../suite.ts"
import { drive } from "../ingest/drive.ts"
import { join } from "../ingest/ours.ts"
import { documentIdOf } from "../ingest/traffic.ts"
import { check, type SubscribedInput } from "./subscribed.ts"

export const measure: Measure<SubscribedInput> = async (input) => {
  const { client, presence } = await join()
  const handle = createPresence({ layer: Layer.succeed(Presence, presence) })
  await handle.ready()
  const sources = Array.from({ length: input.subscriptions }, (_, document) =>
    handle.getDocumentPresence({ documentId: documentIdOf(document) })
  )
  let notified = 0
  for (const source of sources) {
    source.subscribe(() => {
      notified += 1
      if (input.isReading) source.getCurrent()
    })
  }
  await Effect.runPromise(Effect.yieldNow)
  const figures = await drive(client, input)
  check(
    notified,
    sources.map((source) => source.getCurrent()),
    client.places()
  )
  return figures
}
