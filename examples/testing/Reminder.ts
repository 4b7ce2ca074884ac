/**
 * A service that warns its users when they are about to publish what somebody else has open.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Presence, PresenceQuery } from "../../src/index.ts"

/** - `othersIn`: how many others are in a document. */
export class Reminder extends Context.Service<
  Reminder,
  { readonly othersIn: (documentId: string) => Effect.Effect<number> }
>()("examples/Reminder") {
  static readonly layer = Layer.effect(
    Reminder,
    Effect.map(Presence, (presence) =>
      Reminder.of({
        othersIn: (documentId) =>
          Effect.map(
            SubscriptionRef.get(presence.state),
            (state) => PresenceQuery.inDocument(state, PresenceQuery.prepare({ documentId })).length
          )
      })
    )
  )
}
