/**
 * The {@link Transport} over a WebSocket to Bifur, or to anything that speaks its protocol.
 */
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import type { Auth } from "../Auth.ts"
import type { SanityClient } from "../SanityClient.ts"
import type { Transport } from "../Transport.ts"
import { layerParts } from "./runMachine.ts"
import * as Inquiry from "./Inquiry.ts"

/**
 * The transport over a WebSocket that the environment provides, for instance one with other
 * headers. Building it never waits for the network.
 *
 * @example
 * const traced = Layer.provide(BifurTransport.layerWebSocket, FrameTrace.layer)
 */
export const layerWebSocket: Layer.Layer<
  Transport,
  never,
  SanityClient | Auth | Socket.WebSocketConstructor
> = Layer.provide(layerParts, Inquiry.layer)

/**
 * The transport over the global `WebSocket` of browsers and Node. Building it never waits for the
 * network: the connection is made, and made again, in the background.
 *
 * @example
 * const layer = Presence.layer.pipe(
 *   Layer.provide(BifurTransport.layer),
 *   Layer.provide(SanityClient.layer({ projectId: "abc123", dataset: "production" })),
 *   Layer.provide(AuthConfig.layer())
 * )
 */
export const layer: Layer.Layer<Transport, never, SanityClient | Auth> = Layer.provide(
  layerWebSocket,
  Socket.layerWebSocketConstructorGlobal
)
