/** The whole client: from the socket's frame to the state with its indexes, and whoever waits for it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Socket from "effect/socket/Socket"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  Auth,
  BifurTransport,
  Presence,
  PresenceConfig,
  PresenceState,
  SanityClient
} from "../../../src/index.ts"
import type { Measure } from "../../suite.ts"
import { asIs, drive, type Input, turn } from "./drive.ts"
import { deliver, isListening, RoomSocket } from "./RoomSocket.ts"
import { placeOf } from "./traffic.ts"

/** What it is made of. */
export const layer = Presence.layer.pipe(
  Layer.provide(BifurTransport.layerWebSocket),
  Layer.provide(Auth.layerNone),
  Layer.provide(SanityClient.layer({ projectId: "demo", dataset: "demo" })),
  Layer.provide(Layer.succeed(Socket.WebSocketConstructor)((url) => new RoomSocket(url))),
  Layer.provide(PresenceConfig.layer({ limits: { sessions: 1_000_000 } }))
)

/** A client of ours in the room. */
export const join = async () => {
  const runtime = ManagedRuntime.make(layer)
  const presence = await runtime.runPromise(Presence.use(Effect.succeed))
  while (!isListening()) await turn()
  const state = () => SubscriptionRef.getUnsafe(presence.state)
  return {
    presence,
    runtime,
    client: {
      prepare: asIs,
      deliver,
      version: state,
      places: () =>
        new Map(
          PresenceState.toArray(state()).map(({ locations: [location], sessionId }) => [
            sessionId,
            placeOf(location?.documentId ?? "", location?.path ?? [])
          ])
        )
    }
  }
}

export const measure: Measure<Input> = async (input) => drive((await join()).client, input)
