/**
 * Presence for TypeScript without Effect.
 */
import type { SanityClient as Client } from "@sanity/client"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Auth, type Token } from "./Auth.ts"
import * as BifurTransport from "./bifur/BifurTransport.ts"
import type { Pace } from "./InStep.ts"
import { Presence } from "./Presence.ts"
import * as PresenceConfig from "./PresenceConfig.ts"
import { invalidConfiguration, type PresenceError } from "./PresenceError.ts"
import * as PresenceHandle from "./PresenceHandle.ts"
import { fromClient, fromOptions, SanityClient, type SanityClientOptions } from "./SanityClient.ts"
import { Users } from "./Users.ts"

/**
 * Which room, and as whom. Either a `layer` of one's own, or the app's `client`, or the project and
 * dataset (or canvas).
 *
 * @example
 * const ofProject: PresenceOptions = { projectId: "abc123", dataset: "production", token }
 * const ofClient: PresenceOptions = { client: useClient({ apiVersion: "2026-01-01" }) }
 * const inTests: PresenceOptions = { layer: makeTestRoom().layer }
 */
export interface PresenceOptions extends SanityClientOptions {
  /** Whose presence it is. Without one, the client's token is used; without that, none: cookies, or nobody. */
  readonly token?: string | undefined
  /**
   * Providers of the same room and token share one session; whoever wants to be two people, or two
   * sessions of one, gives two keys. Only React's providers look at it.
   */
  readonly sessionKey?: string | undefined
  /** The app's client, for its project, dataset, host and token. Of the other options `socketHost` counts. */
  readonly client?: Client | undefined
  /**
   * The whole of it, in place of a room to connect to; with {@link Users} in it where names are wanted.
   * Whatever it fails with is shown in the status, and `ready` rejects with a PresenceError.
   */
  readonly layer?: Layer.Layer<Presence, unknown> | undefined
  /** What to change of the defaults; see {@link PresenceConfig}. Read once. */
  readonly config?: PresenceConfig.PresenceConfigInput | undefined
}

/** A handle, and what only its owner may do with it. */
export interface PresenceControls {
  /** For whoever uses it. */
  readonly handle: PresenceHandle.PresenceHandle
  /** Changes the token while it runs; undefined means the client's, or none. */
  readonly setToken: (token: string | undefined) => void
  /** How long it runs on after the last holder let go, in milliseconds. */
  readonly linger: number
}

const toToken = (token: string | undefined): Token =>
  token ? Option.some(Redacted.make(token)) : Option.none()

/**
 * A handle that nobody holds yet: no connection is made before somebody does.
 *
 * @param pace at which its sources move on together; else each does with every change
 * @throws PresenceError where the options name no room
 */
export const makeControls = (options: PresenceOptions, pace?: Pace): PresenceControls => {
  if (typeof options !== "object" || options === null) {
    throw invalidConfiguration(
      "The options are missing. Give `projectId` and `dataset`, or `client`."
    )
  }
  const config = PresenceConfig.make(options.config ?? {})
  const controls = (
    layer: Layer.Layer<Presence, unknown>,
    setToken: PresenceControls["setToken"]
  ): PresenceControls => ({
    handle: PresenceHandle.make(
      Layer.provide(layer, Layer.succeed(PresenceConfig.PresenceConfig, config)),
      config.lingerTimeout,
      pace
    ),
    linger: Duration.toMillis(config.lingerTimeout),
    setToken
  })
  if (options.layer !== undefined) return controls(options.layer, () => {})

  const client = Effect.runSyncExit(
    options.client === undefined
      ? fromOptions(options)
      : fromClient(options.client, options.socketHost)
  )
  if (Exit.isFailure(client)) throw toPresenceError(client.cause)

  const tokenOr = (token: string | undefined) => toToken(token ?? options.client?.config().token)
  const token = Effect.runSync(SubscriptionRef.make(tokenOr(options.token)))
  const layer = Layer.merge(Layer.provide(Presence.layer, BifurTransport.layer), Users.layer).pipe(
    Layer.provide(Layer.succeed(SanityClient, client.value)),
    Layer.provide(Auth.layerRef(token))
  )
  return controls(layer, (next) => {
    const value = tokenOr(next)
    Effect.runSync(
      SubscriptionRef.updateSome(token, (current) =>
        Equal.equals(current, value) ? Option.none() : Option.some(value)
      )
    )
  })
}

/** What is no Sanity client at all fails in ways of its own. */
const toPresenceError = (cause: Cause.Cause<PresenceError>): PresenceError =>
  Option.getOrElse(Cause.findErrorOption(cause), () =>
    invalidConfiguration(`\`client\` is no Sanity client: ${String(Cause.squash(cause))}`)
  )

/**
 * Presence in one room, connected from now until `close`. It connects in the background; what is
 * wrong with the connection is in `getStatus`.
 *
 * @throws PresenceError where the options name no room: a missing project id or dataset, or a media
 *   library
 *
 * @example
 * const presence = createPresence({ projectId: "abc123", dataset: "production", token })
 * const people = presence.getPresenceLocations()
 * people.subscribe(() => console.log(people.getCurrent()))
 * presence.reportPresence([{ documentId: "drafts.book", path: ["title"] }])
 */
export const createPresence = (options: PresenceOptions): PresenceHandle.PresenceHandle => {
  const { handle } = makeControls(options)
  handle.hold()
  return handle
}

export type { PresenceHandle, Report, Reporter } from "./PresenceHandle.ts"
export type { DocumentPresence, Self, UserPresence, UserSessions } from "./RoomSources.ts"
