/** Somebody who subscribes, takes one value, and never asks for another. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { forDocument } from "../../../src/index.ts"
import type { Ours } from "./clients.ts"

export type Reader = "changes of state" | "changes" | "forDocument"

const streamOf = ({ presence }: Ours, reader: Reader): Stream.Stream<unknown> => {
  switch (reader) {
    case "changes of state":
      return SubscriptionRef.changes(presence.state)
    case "changes":
      return presence.changes
    case "forDocument":
      return forDocument(presence, { documentId: "b0" })
  }
}

/** Begins to read; the returned function ends it. */
export const read = (ours: Ours, reader: Reader): (() => Promise<void>) => {
  const fiber = ours.runtime.runFork(Stream.runForEach(streamOf(ours, reader), () => Effect.never))
  return () => Effect.runPromise(Fiber.interrupt(fiber))
}
