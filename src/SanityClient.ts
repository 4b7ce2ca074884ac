/**
 * The `@sanity/client` of one resource, pinned to the API version that presence needs.
 */
import {
  type ClientConfig,
  createClient,
  type SanityClient as Client,
  type InitializedClientConfig
} from "@sanity/client"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { invalidConfiguration, PresenceError, UnsupportedResource } from "./PresenceError.ts"

/**
 * The API version of the presence socket. Bifur compares against it when it decides whether a
 * connection may authorize after the upgrade, so it is not the version of anything else.
 */
const apiVersion = "2022-06-30"

/** Sent as `tag` with the socket where the client has no `requestTagPrefix`; the App SDK's. */
const defaultTag = "sanity.sdk.presence"

/**
 * What a room belongs to.
 *
 * @example
 * const resource: Resource = { type: "dataset", projectId: "abc123", dataset: "production" }
 */
export type Resource =
  | { readonly type: "dataset"; readonly projectId: string; readonly dataset: string }
  | { readonly type: "canvas"; readonly canvasId: string }

/**
 * Which room, and where it is: a project's dataset, or a canvas.
 *
 * @example
 * const options: SanityClientOptions = { projectId: "abc123", dataset: "production" }
 */
export interface SanityClientOptions {
  /** The project, as in `sanity.config.ts` and on sanity.io/manage. Needed unless there is a `canvasId`. */
  readonly projectId?: string | undefined
  /** The dataset of the project, `production` for instance. Needed unless there is a `canvasId`. */
  readonly dataset?: string | undefined
  /** A canvas instead of a project's dataset. */
  readonly canvasId?: string | undefined
  /** The API, as an http or https URL. `https://api.sanity.io` unless set; a relay's for one's own. */
  readonly apiHost?: string | undefined
  /**
   * Whether the project id is part of the host name. By default it is for Sanity, and is not where
   * `apiHost` is set: `<projectId>.localhost` does not resolve in Node.
   */
  readonly useProjectHostname?: boolean | undefined
  /**
   * Where the socket is, if not at the API: a relay's address, while content and profiles come from
   * Sanity. Studio and the App SDK stay in Sanity's own room then.
   */
  readonly socketHost?: string | undefined
}

/**
 * The client of one resource, and the address of its room. The token comes from {@link Auth}, whatever
 * the clients hold.
 *
 * @example
 * const { socketUrl } = yield* SanityClient
 */
export class SanityClient extends Context.Service<
  SanityClient,
  {
    /** Asks the API: profiles are read with it. */
    readonly client: Client
    /** What the room belongs to. */
    readonly resource: Resource
    /** The address of the room's socket, `ws:` or `wss:`, without a token. */
    readonly socketUrl: string
    /** Asks the host of the socket, which `socketHost` may have made another one. */
    readonly socketClient: Client
  }
>()("effect-sanity-presence/SanityClient") {
  /**
   * A client of its own for the resource. Fails where the project id, dataset or host is missing or
   * malformed.
   *
   * @example
   * const layer = SanityClient.layer({ projectId: "abc123", dataset: "production" })
   */
  static layer(options: SanityClientOptions): Layer.Layer<SanityClient, PresenceError> {
    return Layer.effect(SanityClient, fromOptions(options))
  }

  /**
   * The app's own client, for its project, dataset and host. Fails where they are missing, and for
   * media libraries, before anything goes over the network.
   *
   * @example
   * const layer = SanityClient.layerClient(useClient({ apiVersion: "2026-01-01" }))
   */
  static layerClient(
    client: Client,
    options: Pick<SanityClientOptions, "socketHost"> = {}
  ): Layer.Layer<SanityClient, PresenceError> {
    return Layer.effect(SanityClient, fromClient(client, options.socketHost))
  }
}

/** What {@link SanityClient.layer} provides. */
export const fromOptions = Effect.fnUntraced(function* (options: SanityClientOptions) {
  const config = yield* clientConfig(options)
  const client = yield* Effect.try({
    try: () => createClient(config),
    catch: (cause) =>
      invalidConfiguration(
        `The Sanity client can't be made: ${cause instanceof Error ? cause.message : String(cause)}`
      )
  })
  return yield* fromClient(client, options.socketHost)
})

const clientConfig = (options: SanityClientOptions): Effect.Effect<ClientConfig, PresenceError> => {
  const { apiHost, canvasId, dataset, projectId } = options
  const base: ClientConfig = {
    apiVersion,
    useCdn: false,
    requestTagPrefix: defaultTag,
    ...(apiHost === undefined ? {} : { apiHost })
  }
  if (canvasId === "") {
    return Effect.fail(
      invalidConfiguration("The canvas id is empty. Give `canvasId`, or a project.")
    )
  }
  if (canvasId !== undefined) {
    return Effect.succeed({ ...base, resource: { type: "canvas", id: canvasId } })
  }
  if (!projectId) {
    return Effect.fail(
      invalidConfiguration(
        "The project id is missing. Give `projectId`; it stands in sanity.config.ts and on sanity.io/manage."
      )
    )
  }
  if (!dataset) {
    return Effect.fail(
      invalidConfiguration('The dataset is missing. Give `dataset`, for instance "production".')
    )
  }
  const useProjectHostname = options.useProjectHostname ?? apiHost === undefined
  return Effect.succeed({ ...base, projectId, dataset, useProjectHostname })
}

/** What {@link SanityClient.layerClient} provides. */
export const fromClient = Effect.fnUntraced(function* (original: Client, socketHost?: string) {
  const resource = yield* resourceOf(original.config())
  const client = original.withConfig({
    apiVersion,
    useCdn: false,
    ...(resource.type === "dataset" ? asProject(original.config(), resource) : {})
  })
  // A relay has one host for all projects.
  const socketClient =
    socketHost === undefined
      ? client
      : client.withConfig({ apiHost: socketHost, useProjectHostname: false })
  return SanityClient.of({
    client,
    resource,
    socketClient,
    socketUrl: yield* socketUrl(
      socketClient.config(),
      resource,
      socketHost === undefined ? "apiHost" : "socketHost"
    )
  })
})

/** The resource that a client names, in place of a project and a dataset. */
export const namedResource = (config: ClientConfig): ClientConfig["resource"] =>
  config.resource ?? config["~experimental_resource"]

/** A dataset's room is on its project's host, also where the client names it as a resource. */
const asProject = (
  config: InitializedClientConfig,
  { dataset, projectId }: Extract<Resource, { type: "dataset" }>
): ClientConfig =>
  namedResource(config) !== undefined
    ? { ...noResource, projectId, dataset, useProjectHostname: config.isDefaultApi }
    : {}

/** The client takes an undefined resource for none; its types don't say so. */
const noResource: { readonly [option: string]: undefined } = {
  resource: undefined,
  "~experimental_resource": undefined
}

const resourceOf = (config: InitializedClientConfig): Effect.Effect<Resource, PresenceError> => {
  const resource = namedResource(config)
  switch (resource?.type) {
    case "canvas":
      return Effect.succeed({ type: "canvas", canvasId: resource.id })
    case "dataset": {
      const [projectId, dataset] = resource.id.split(".", 2)
      return datasetOf(projectId, dataset)
    }
    case undefined:
      return datasetOf(config.projectId, config.dataset)
    default:
      return Effect.fail(
        new PresenceError({ reason: new UnsupportedResource({ resource: resource?.type ?? "" }) })
      )
  }
}

const datasetOf = (
  projectId: string | undefined,
  dataset: string | undefined
): Effect.Effect<Resource, PresenceError> =>
  projectId && dataset
    ? Effect.succeed({ type: "dataset", projectId, dataset })
    : Effect.fail(
        invalidConfiguration(
          "The Sanity client has no project id or no dataset. Give presence a client that is configured with both."
        )
      )

const socketUrl = (
  config: InitializedClientConfig,
  resource: Resource,
  option: "apiHost" | "socketHost"
): Effect.Effect<string, PresenceError> => {
  const room =
    resource.type === "canvas"
      ? `canvases/${encodeURIComponent(resource.canvasId)}`
      : encodeURIComponent(resource.dataset)
  return Effect.try({
    try: () => {
      const url = new URL(`${config.url}/socket/${room}`)
      const isPlain = `${url.username}${url.password}${url.search}${url.hash}` === ""
      if (!/^https?:$/.test(url.protocol) || !isPlain) throw new TypeError("not an API host")
      url.protocol = url.protocol === "http:" ? "ws:" : "wss:"
      url.searchParams.set("tag", config.requestTagPrefix ?? defaultTag)
      return url.href
    },
    catch: () =>
      invalidConfiguration(
        `The host is no address of an API. Give \`${option}\` as an http(s) URL without a user or a query, like https://api.sanity.io.`
      )
  })
}
