/** Somebody who wants to hear of every document, in each way that there is. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { forDocument } from "../../../src/index.ts"
import type { Ours } from "./clients.ts"

/**
 * - `watch`: a listener and nothing else.
 * - `forDocument`: a stream, read by a fiber.
 */
export type Subscription = "watch" | "forDocument"

const nothing = () => {}

/** Subscribes to so many documents; the returned function ends it, and holds nothing then. */
export const subscribe = (
  { presence, runtime }: Ours,
  subscription: Subscription,
  documents: number
): (() => Promise<void>) => {
  const ids = Array.from({ length: documents }, (_, document) => `b${document}`)
  if (subscription === "watch") {
    const ends = ids.map((id) => presence.watch(id, nothing))
    return async () => ends.splice(0).forEach((end) => end())
  }
  const fibers = ids.map((documentId) =>
    runtime.runFork(Stream.runForEach(forDocument(presence, { documentId }), () => Effect.void))
  )
  return () => Effect.runPromise(Fiber.interruptAll(fibers.splice(0)))
}
