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

/**
 * Subscribes to so many documents, in each of which something will happen; the returned function ends it,
 * holds nothing then, and fails if somebody was told nothing.
 */
export const subscribe = (
  { presence, runtime }: Ours,
  subscription: Subscription,
  documents: number
): (() => Promise<void>) => {
  const ids = Array.from({ length: documents }, (_, document) => `b${document}`)
  let told = 0
  const tell = () => {
    told += 1
  }
  const verify = (least: number) => {
    if (told < least) throw new Error(`${told} calls for ${documents} documents`)
  }
  if (subscription === "watch") {
    const ends = ids.map((id) => presence.watch(id, tell))
    return async () => {
      ends.splice(0).forEach((end) => end())
      verify(documents)
    }
  }
  const fibers = ids.map((documentId) =>
    runtime.runFork(
      Stream.runForEach(forDocument(presence, { documentId }), () => Effect.sync(tell))
    )
  )
  return async () => {
    await Effect.runPromise(Fiber.interruptAll(fibers.splice(0)))
    // The first answer is that nobody is there.
    verify(2 * documents)
  }
}
