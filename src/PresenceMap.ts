/**
 * Presence in many rooms at once: one connection per dataset or canvas, shared by all who ask for it.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import type * as Scope from "effect/Scope"
import type { Auth } from "./Auth.ts"
import * as BifurTransport from "./bifur/BifurTransport.ts"
import { Presence } from "./Presence.ts"
import type { PresenceError } from "./PresenceError.ts"
import { type Resource, SanityClient, type SanityClientOptions } from "./SanityClient.ts"
import { Users } from "./Users.ts"

/** What the rooms of a {@link PresenceMap} have in common: which hosts they are on, and how they run. */
export interface PresenceMapOptions extends Pick<
  SanityClientOptions,
  "apiHost" | "socketHost" | "useProjectHostname"
> {
  /**
   * How long a connection outlives the last of its users. 10 s unless given, so that work which comes in
   * bursts does not leave and join each time.
   */
  readonly idleTimeToLive?: Duration.Input | undefined
  /** The layer of each room. Over a WebSocket unless given; `Telemetry.layer`, for instance. */
  readonly presence?: Layer.Layer<Presence, never, SanityClient | Auth> | undefined
}

/** The services of a room: who is where, and what people are called. */
export type RoomServices = Presence | Users

/**
 * Presence by room: one connection per dataset or canvas, shared by all who ask for it.
 *
 * @example
 * const rooms = yield* PresenceMap
 * const books = yield* rooms.in({ type: "dataset", projectId: "abc123", dataset: "books" })
 * yield* books.report([{ documentId: "book" }])
 */
export class PresenceMap extends Context.Service<
  PresenceMap,
  {
    /** The room as a layer, for a program that is about one room. */
    readonly get: (resource: Resource) => Layer.Layer<RoomServices, PresenceError>
    /** The presence of a room until the scope closes, for programs that are about several. */
    readonly in: (
      resource: Resource
    ) => Effect.Effect<Presence["Service"], PresenceError, Scope.Scope>
  }
>()("effect-sanity-presence/PresenceMap") {
  /**
   * Rooms under the tokens of {@link Auth}. A connection is made for the first who asks for its room.
   *
   * @example
   * const layer = PresenceMap.layer().pipe(Layer.provide(AuthConfig.layer()))
   */
  static layer(options: PresenceMapOptions = {}): Layer.Layer<PresenceMap, never, Auth> {
    return Layer.effect(PresenceMap, make(options))
  }
}

const overWebSocket = Layer.provide(Presence.layer, BifurTransport.layer)

const make = Effect.fnUntraced(function* ({
  idleTimeToLive,
  presence = overWebSocket,
  ...hosts
}: PresenceMapOptions) {
  const lookup = (resource: Resource): Layer.Layer<RoomServices, PresenceError, Auth> =>
    Layer.merge(presence, Users.layer).pipe(
      Layer.provide(SanityClient.layer({ ...hosts, ...resource })),
      // A layer is built once in one program: without this, all rooms would be the same.
      Layer.fresh
    )
  const rooms = yield* LayerMap.make(lookup, { idleTimeToLive: idleTimeToLive ?? "10 seconds" })
  return PresenceMap.of({
    get: (resource) => rooms.get(resource),
    in: (resource) => Effect.map(rooms.contextEffect(resource), Context.get(Presence))
  })
})
