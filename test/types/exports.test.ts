/** What every export of the main entry promises; `npx tsc` is what fails here. */
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import type { SanityClient as Client } from "@sanity/client"
import type * as Config from "effect/Config"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as HashMap from "effect/HashMap"
import type * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import type * as Stream from "effect/Stream"
import type * as SubscriptionRef from "effect/SubscriptionRef"
import * as Main from "../../src/index.ts"
import type {
  ConnectionStatus,
  DocumentPresence,
  DocumentRef,
  FrameTrace,
  PageEvents,
  PortableText,
  PresenceConfig,
  PresenceHandle,
  PresenceMapOptions,
  PresenceOptions,
  PresenceQuery,
  PresenceState,
  Profiles,
  Report,
  ReportedLocation,
  Reporter,
  Resource,
  RoomServices,
  SanityClientOptions,
  SanityPath,
  Self,
  StateSource,
  Token,
  TransportEvent,
  TransportMessage,
  TransportSignal,
  UserPresence,
  UserProfile,
  UserSessions
} from "../../src/index.ts"

type Ref<A> = SubscriptionRef.SubscriptionRef<A>

/** What is exported, by name; a namespace with what is in it. */
const exported = Object.entries(Main)
  .map(([name, value]) =>
    Object.prototype.toString.call(value) === "[object Module]"
      ? `${name}: ${Object.keys(value).toSorted().join(" ")}`
      : name
  )
  .toSorted()

describe("the exports of the main entry", () => {
  it("are those whose types are below", () => {
    assert.deepStrictEqual(exported, [
      "Auth",
      "AuthConfig: layer",
      "AuthSource: layerRefresh layerStream",
      "BifurTransport: layer layerWebSocket",
      "ConnectionFailed",
      "ConnectionStatus: closed connecting describe isPermanent paused",
      "DocumentRef: isOf publishedIdOf resolve",
      "FrameTrace: layer layerListener",
      "IndexTuple",
      "InvalidConfiguration",
      "KeyedSegment",
      "Location",
      "NotConnected",
      "PageEvents: PageEvents fromWindow none",
      "Path",
      "PathSegment",
      "PortableText: fitSelection toEditorSelection",
      "Presence",
      "PresenceConfig: PresenceConfig layer make",
      "PresenceError",
      "PresenceMap",
      "PresenceQuery: counts inDocument ofUser prepare",
      "PresenceState: PresenceState emptyState toArray",
      "Rejected",
      "RequestTimeout",
      "SanityClient",
      "Selection",
      "SelectionPoint",
      "SessionId",
      "SessionKey",
      "StateSource: constant fromSubscriptionRef map zipWith",
      "Telemetry: announceDuration connected drops events layer reconnects sessions",
      "TokenUnavailable",
      "Transport",
      "TransportError",
      "Unauthorized",
      "UnsupportedResource",
      "UserId",
      "Users",
      "createPresence",
      "forDocument",
      "isSameLocation",
      "isSameLocations",
      "isSamePath",
      "isSameSegment",
      "isSameSelection",
      "isWithin",
      "notConnected",
      "profileOf",
      "sessionKey",
      "toSanityPath",
      "whilePresent"
    ])
  })
})

describe("types of services", () => {
  it("Presence", () => {
    expectTypeOf<Main.Presence["Service"]>().toEqualTypeOf<{
      readonly sessionId: Main.SessionId
      readonly state: Ref<PresenceState.PresenceState>
      readonly reported: Ref<ReadonlyArray<Main.Location> | undefined>
      readonly report: (locations: ReadonlyArray<ReportedLocation>) => Effect.Effect<void>
      readonly reporter: Effect.Effect<
        (locations: ReadonlyArray<ReportedLocation>) => Effect.Effect<void>,
        never,
        Scope.Scope
      >
      readonly watch: (publishedId: string, listener: () => void) => () => void
      readonly changes: Stream.Stream<PresenceState.PresenceChange | PresenceState.Reset>
      readonly status: Ref<ConnectionStatus.ConnectionStatus>
      readonly ready: Effect.Effect<void, Main.PresenceError>
      readonly retryNow: Effect.Effect<void>
    }>()
    expectTypeOf(Main.Presence.layer).toEqualTypeOf<
      Layer.Layer<Main.Presence, never, Main.Transport>
    >()
    expectTypeOf(Main.forDocument).toEqualTypeOf<
      (
        presence: Main.Presence["Service"],
        query: PresenceQuery.DocumentQuery
      ) => Stream.Stream<ReadonlyArray<PresenceQuery.DocumentLocation>>
    >()
  })

  it("PresenceMap", () => {
    expectTypeOf<Main.PresenceMap["Service"]>().toEqualTypeOf<{
      readonly get: (resource: Resource) => Layer.Layer<RoomServices, Main.PresenceError>
      readonly in: (
        resource: Resource
      ) => Effect.Effect<Main.Presence["Service"], Main.PresenceError, Scope.Scope>
    }>()
    expectTypeOf<RoomServices>().toEqualTypeOf<Main.Presence | Main.Users>()
    expectTypeOf(Main.PresenceMap.layer).toEqualTypeOf<
      (options?: PresenceMapOptions) => Layer.Layer<Main.PresenceMap, never, Main.Auth>
    >()
    expectTypeOf<PresenceMapOptions["idleTimeToLive"]>().toEqualTypeOf<Duration.Input | undefined>()
    expectTypeOf<PresenceMapOptions["presence"]>().toEqualTypeOf<
      Layer.Layer<Main.Presence, never, Main.SanityClient | Main.Auth> | undefined
    >()
  })

  it("Telemetry and FrameTrace", () => {
    expectTypeOf(Main.Telemetry.layer).toEqualTypeOf<
      Layer.Layer<Main.Presence, never, Main.SanityClient | Main.Auth>
    >()
    expectTypeOf(Main.FrameTrace.layer).toEqualTypeOf<Layer.Layer<Socket.WebSocketConstructor>>()
    expectTypeOf<FrameTrace.FrameListener>().toEqualTypeOf<
      (frame: {
        readonly direction: "sent" | "received"
        readonly text: string
        readonly millis: number
      }) => void
    >()
  })

  it("Transport", () => {
    expectTypeOf<Main.Transport["Service"]>().toEqualTypeOf<{
      readonly signals: Stream.Stream<TransportSignal>
      readonly send: (message: TransportMessage) => Effect.Effect<void, Main.TransportError>
      readonly retryNow: Effect.Effect<void>
      readonly status: Ref<ConnectionStatus.ConnectionStatus>
    }>()
    expectTypeOf<TransportSignal["_tag"]>().toEqualTypeOf<
      "Connected" | "Received" | "Heard" | "Resumed" | "Disconnected"
    >()
    expectTypeOf<TransportMessage["_tag"]>().toEqualTypeOf<"Announce" | "RollCall" | "Disconnect">()
    expectTypeOf<TransportEvent["_tag"]>().toEqualTypeOf<"State" | "Disconnect" | "RollCall">()
    expectTypeOf(Main.BifurTransport.layer).toEqualTypeOf<
      Layer.Layer<Main.Transport, never, Main.SanityClient | Main.Auth>
    >()
    expectTypeOf(Main.BifurTransport.layerWebSocket).toEqualTypeOf<
      Layer.Layer<
        Main.Transport,
        never,
        Main.SanityClient | Main.Auth | Socket.WebSocketConstructor
      >
    >()
  })

  it("Auth, and where a token comes from", () => {
    expectTypeOf<Token>().toEqualTypeOf<Option.Option<Redacted.Redacted<string>>>()
    expectTypeOf<Main.Auth["Service"]>().toEqualTypeOf<{
      readonly token: Ref<Token>
      readonly ask: Effect.Effect<Token, Main.TokenUnavailable>
    }>()
    expectTypeOf(Main.Auth.layerToken).toEqualTypeOf<
      (token: string | Redacted.Redacted<string>) => Layer.Layer<Main.Auth>
    >()
    expectTypeOf(Main.Auth.layerNone).toEqualTypeOf<Layer.Layer<Main.Auth>>()
    expectTypeOf(Main.Auth.layerRef).toEqualTypeOf<(token: Ref<Token>) => Layer.Layer<Main.Auth>>()
    expectTypeOf(Main.AuthConfig.layer).toEqualTypeOf<
      (
        config?: Config.Config<Redacted.Redacted<string>>
      ) => Layer.Layer<Main.Auth, Config.ConfigError>
    >()
    expectTypeOf(Main.AuthSource.layerRefresh<"no", Scope.Scope>).toEqualTypeOf<
      (
        refresh: Effect.Effect<string | Redacted.Redacted<string> | undefined, "no", Scope.Scope>,
        options?: { readonly every?: Duration.Input | undefined }
      ) => Layer.Layer<Main.Auth, never, Scope.Scope>
    >()
    expectTypeOf(Main.AuthSource.layerStream<"no", Scope.Scope>).toEqualTypeOf<
      (
        tokens: Stream.Stream<string | Redacted.Redacted<string> | undefined, "no", Scope.Scope>
      ) => Layer.Layer<Main.Auth, never, Scope.Scope>
    >()
  })

  it("SanityClient", () => {
    expectTypeOf<Main.SanityClient["Service"]>().toEqualTypeOf<{
      readonly client: Client
      readonly resource: Resource
      readonly socketUrl: string
      readonly socketClient: Client
    }>()
    expectTypeOf<Resource>().toEqualTypeOf<
      | { readonly type: "dataset"; readonly projectId: string; readonly dataset: string }
      | { readonly type: "canvas"; readonly canvasId: string }
    >()
    expectTypeOf(Main.SanityClient.layer).toEqualTypeOf<
      (options: SanityClientOptions) => Layer.Layer<Main.SanityClient, Main.PresenceError>
    >()
    expectTypeOf(Main.SanityClient.layerClient).toEqualTypeOf<
      (
        client: Client,
        options?: Pick<SanityClientOptions, "socketHost">
      ) => Layer.Layer<Main.SanityClient, Main.PresenceError>
    >()
  })

  it("Users", () => {
    expectTypeOf<Profiles>().toEqualTypeOf<HashMap.HashMap<Main.UserId, UserProfile>>()
    expectTypeOf<UserProfile>().toEqualTypeOf<{
      readonly id: Main.UserId
      readonly displayName: string
      readonly imageUrl?: string | undefined
    }>()
    expectTypeOf<Main.Users["Service"]>().toEqualTypeOf<{
      readonly profiles: Ref<Profiles>
      readonly request: (ids: Iterable<Main.UserId>) => Effect.Effect<void>
      readonly self: Ref<Option.Option<Main.UserId>>
      readonly followSelf: Effect.Effect<void>
    }>()
    expectTypeOf(Main.Users.layer).toEqualTypeOf<
      Layer.Layer<Main.Users, never, Main.SanityClient | Main.Auth>
    >()
    expectTypeOf(Main.profileOf).toEqualTypeOf<
      (profiles: Profiles, id: Main.UserId) => UserProfile
    >()
  })

  it("PageEvents and PresenceConfig have defaults", () => {
    expectTypeOf(Main.PageEvents.PageEvents).toEqualTypeOf<
      Context.Reference<PageEvents.PageEventsShape>
    >()
    expectTypeOf(Main.PageEvents.none).toEqualTypeOf<PageEvents.PageEventsShape>()
    expectTypeOf(Main.PageEvents.fromWindow).toEqualTypeOf<
      (window: Window) => PageEvents.PageEventsShape
    >()
    expectTypeOf(Main.PresenceConfig.PresenceConfig).toEqualTypeOf<
      Context.Reference<PresenceConfig.PresenceConfigShape>
    >()
    expectTypeOf(Main.PresenceConfig.make).toEqualTypeOf<
      (input: PresenceConfig.PresenceConfigInput) => PresenceConfig.PresenceConfigShape
    >()
    expectTypeOf(Main.PresenceConfig.layer).toEqualTypeOf<
      (input: PresenceConfig.PresenceConfigInput) => Layer.Layer<never>
    >()
    expectTypeOf<{
      readonly hiddenTimeout: "10 minutes"
      readonly limits: { sessions: 1 }
    }>().toExtend<PresenceConfig.PresenceConfigInput>()
    expectTypeOf<{
      readonly hiddenTimeout: "ten"
    }>().not.toExtend<PresenceConfig.PresenceConfigInput>()
  })
})

describe("types of plain TypeScript's presence", () => {
  it("createPresence takes options and gives a handle", () => {
    expectTypeOf(Main.createPresence).toEqualTypeOf<(options: PresenceOptions) => PresenceHandle>()
    expectTypeOf<Omit<PresenceOptions, keyof SanityClientOptions>>().toEqualTypeOf<{
      readonly token?: string | undefined
      readonly sessionKey?: string | undefined
      readonly client?: Client | undefined
      readonly layer?: Layer.Layer<Main.Presence, unknown> | undefined
      readonly config?: PresenceConfig.PresenceConfigInput | undefined
    }>()
    expectTypeOf<SanityClientOptions>().toEqualTypeOf<{
      readonly projectId?: string | undefined
      readonly dataset?: string | undefined
      readonly canvasId?: string | undefined
      readonly apiHost?: string | undefined
      readonly useProjectHostname?: boolean | undefined
      readonly socketHost?: string | undefined
    }>()
  })

  it("PresenceHandle", () => {
    expectTypeOf<PresenceHandle>().toEqualTypeOf<{
      readonly getPresenceLocations: () => StateSource.StateSource<ReadonlyArray<UserPresence>>
      readonly getDocumentPresence: (
        query: PresenceQuery.DocumentQuery
      ) => StateSource.StateSource<ReadonlyArray<DocumentPresence>>
      readonly getUserPresence: (
        userId: string
      ) => StateSource.StateSource<ReadonlyArray<UserPresence>>
      readonly getUsers: () => StateSource.StateSource<ReadonlyArray<UserSessions>>
      readonly getStatus: () => StateSource.StateSource<ConnectionStatus.ConnectionStatus>
      readonly getSelf: () => StateSource.StateSource<Self>
      readonly reportPresence: Report
      readonly makeReporter: () => Reporter
      readonly ready: () => Promise<void>
      readonly retryNow: () => void
      readonly hold: () => () => void
      readonly close: () => Promise<void>
    }>()
    expectTypeOf<Report>().toEqualTypeOf<(locations: ReadonlyArray<ReportedLocation>) => void>()
    expectTypeOf<Reporter>().toEqualTypeOf<{
      readonly report: Report
      readonly release: () => void
    }>()
  })

  it("what it shows", () => {
    expectTypeOf<UserPresence>().toEqualTypeOf<{
      readonly user: UserProfile
      readonly sessionId: Main.SessionId
      readonly locations: ReadonlyArray<Main.Location>
      readonly stale: boolean
      readonly activity: PresenceState.Activity
    }>()
    expectTypeOf<DocumentPresence>().toExtend<PresenceQuery.DocumentLocation>()
    expectTypeOf<DocumentPresence["user"]>().toEqualTypeOf<UserProfile>()
    expectTypeOf<UserSessions>().toEqualTypeOf<{
      readonly user: UserProfile
      readonly sessions: ReadonlyArray<UserPresence>
    }>()
    expectTypeOf<Self>().toEqualTypeOf<{
      readonly sessionId: Main.SessionId | undefined
      readonly locations: ReadonlyArray<Main.Location> | undefined
      readonly user: UserProfile | undefined
    }>()
  })

  it("StateSource", () => {
    type Source<A> = StateSource.StateSource<A>
    expectTypeOf<Source<number>>().toEqualTypeOf<{
      readonly getCurrent: () => number
      readonly getInitial: () => number
      readonly subscribe: (listener: () => void) => () => void
    }>()
    expectTypeOf<Source<1>>().toExtend<Source<number>>()
    expectTypeOf(Main.StateSource.constant<1>).toEqualTypeOf<(value: 1) => Source<1>>()
    expectTypeOf(Main.StateSource.fromSubscriptionRef<1>).toEqualTypeOf<
      (ref: Ref<1>) => Source<1>
    >()
    expectTypeOf(Main.StateSource.map<1, 2>).toEqualTypeOf<
      (source: Source<1>, f: (value: 1) => 2) => Source<2>
    >()
    expectTypeOf(Main.StateSource.zipWith<1, 2, 3>).toEqualTypeOf<
      (left: Source<1>, right: Source<2>, f: (left: 1, right: 2) => 3) => Source<3>
    >()
  })
})

describe("types of what is pure", () => {
  it("places", () => {
    expectTypeOf<Main.PathSegment>().toEqualTypeOf<
      string | number | { readonly _key: string } | readonly [number | "", number | ""]
    >()
    expectTypeOf<Main.Path>().toEqualTypeOf<ReadonlyArray<Main.PathSegment>>()
    expectTypeOf<Main.SelectionPoint>().toEqualTypeOf<{
      readonly path: Main.Path
      readonly offset: number
    }>()
    expectTypeOf<Main.Selection>().toEqualTypeOf<{
      readonly anchor: Main.SelectionPoint
      readonly focus: Main.SelectionPoint
      readonly backward?: boolean
    } | null>()
    expectTypeOf<Main.Location>().toEqualTypeOf<{
      readonly type: "document"
      readonly documentId: string
      readonly path: Main.Path
      readonly lastActiveAt: string
      readonly selection?: Main.Selection
    }>()
    expectTypeOf<ReportedLocation>().toEqualTypeOf<{
      readonly documentId: string
      readonly perspective?: DocumentRef.Perspective | undefined
      readonly liveEdit?: boolean | undefined
      readonly path?: Main.Path | undefined
      readonly selection?: Main.Selection | undefined
    }>()
    expectTypeOf<typeof Main.KeyedSegment.Type>().toEqualTypeOf<{ readonly _key: string }>()
    expectTypeOf<typeof Main.IndexTuple.Type>().toEqualTypeOf<readonly [number | "", number | ""]>()
    expectTypeOf(Main.Location).toExtend<Schema.Codec<Main.Location, unknown>>()
    expectTypeOf(Main.Path).toExtend<Schema.Codec<Main.Path, unknown>>()
    expectTypeOf(Main.PathSegment).toExtend<Schema.Codec<Main.PathSegment, unknown>>()
    expectTypeOf(Main.Selection).toExtend<Schema.Codec<Main.Selection, unknown>>()
    expectTypeOf(Main.SelectionPoint).toExtend<Schema.Codec<Main.SelectionPoint, unknown>>()
  })

  it("comparisons of places", () => {
    type Same<A> = (a: A, b: A) => boolean
    expectTypeOf(Main.isSameSegment).toEqualTypeOf<Same<Main.PathSegment>>()
    expectTypeOf(Main.isSamePath).toEqualTypeOf<Same<Main.Path>>()
    expectTypeOf(Main.isSameSelection).toEqualTypeOf<Same<Main.Selection | undefined>>()
    expectTypeOf(Main.isSameLocation).toEqualTypeOf<Same<Main.Location>>()
    expectTypeOf(Main.isSameLocations).toEqualTypeOf<Same<ReadonlyArray<Main.Location>>>()
    expectTypeOf(Main.isWithin).toEqualTypeOf<(path: Main.Path, prefix: Main.Path) => boolean>()
  })

  it("copies for editors and for functions of @sanity/types", () => {
    expectTypeOf(Main.toSanityPath).toEqualTypeOf<(path: Main.Path) => SanityPath>()
    expectTypeOf(Main.PortableText.toEditorSelection).toEqualTypeOf<
      (selection: Main.Selection) => PortableText.EditorSelection
    >()
    expectTypeOf(Main.PortableText.fitSelection).toEqualTypeOf<
      (
        selection: Main.Selection | undefined,
        blocks: ReadonlyArray<PortableText.TextBlock>
      ) => PortableText.EditorSelection
    >()
  })

  it("ids are not mixed up", () => {
    expectTypeOf<Main.UserId>().toExtend<string>()
    expectTypeOf<string>().not.toExtend<Main.UserId>()
    expectTypeOf<Main.UserId>().not.toExtend<Main.SessionId>()
    expectTypeOf<Main.SessionKey>().not.toExtend<Main.SessionId>()
    expectTypeOf(Main.UserId.make).returns.toEqualTypeOf<Main.UserId>()
    expectTypeOf(Main.SessionId.make).returns.toEqualTypeOf<Main.SessionId>()
    expectTypeOf(Main.SessionKey.make).returns.toEqualTypeOf<Main.SessionKey>()
    expectTypeOf(Main.sessionKey).toEqualTypeOf<
      (userId: Main.UserId, sessionId: Main.SessionId) => Main.SessionKey
    >()
  })

  it("DocumentRef and PresenceQuery", () => {
    expectTypeOf(Main.DocumentRef.resolve).toEqualTypeOf<
      (ref: DocumentRef.DocumentRef) => string | undefined
    >()
    expectTypeOf(Main.DocumentRef.publishedIdOf).toEqualTypeOf<(documentId: string) => string>()
    expectTypeOf(Main.DocumentRef.isOf).toEqualTypeOf<
      (documentId: string, publishedId: string) => boolean
    >()
    expectTypeOf<DocumentRef.Perspective>().toEqualTypeOf<
      string | ReadonlyArray<string> | { readonly releaseName: string }
    >()
    expectTypeOf<PresenceQuery.DocumentQuery>().toEqualTypeOf<{
      readonly documentId: string
      readonly perspective?: DocumentRef.Perspective | undefined
      readonly liveEdit?: boolean | undefined
      readonly path?: Main.Path | undefined
      readonly excludeVersions?: boolean | undefined
    }>()
    expectTypeOf(Main.PresenceQuery.prepare).toEqualTypeOf<
      (query: PresenceQuery.DocumentQuery) => PresenceQuery.PreparedQuery
    >()
    expectTypeOf(Main.PresenceQuery.inDocument).toEqualTypeOf<
      (
        state: PresenceState.PresenceState,
        query: PresenceQuery.PreparedQuery
      ) => ReadonlyArray<PresenceQuery.DocumentLocation>
    >()
    expectTypeOf(Main.PresenceQuery.ofUser).toEqualTypeOf<
      (
        state: PresenceState.PresenceState,
        userId: Main.UserId
      ) => ReadonlyArray<PresenceState.PresenceSession>
    >()
    expectTypeOf(Main.PresenceQuery.counts).toEqualTypeOf<
      (state: PresenceState.PresenceState) => PresenceQuery.Counts
    >()
  })

  it("PresenceState", () => {
    expectTypeOf<PresenceState.PresenceChange["_tag"]>().toEqualTypeOf<
      "Joined" | "Moved" | "Left" | "ActivityChanged"
    >()
    expectTypeOf<
      Extract<PresenceState.PresenceChange, { readonly _tag: "Left" }>["reason"]
    >().toEqualTypeOf<"disconnected" | "expired" | "lost" | "displaced">()
    expectTypeOf<PresenceState.Activity>().toEqualTypeOf<"active" | "idle" | "away" | "unknown">()
    expectTypeOf(Main.PresenceState.emptyState).toEqualTypeOf<PresenceState.PresenceState>()
    expectTypeOf(Main.PresenceState.toArray).toEqualTypeOf<
      (state: PresenceState.PresenceState) => ReadonlyArray<PresenceState.PresenceSession>
    >()
  })

  it("ConnectionStatus", () => {
    type Status = ConnectionStatus.ConnectionStatus
    expectTypeOf<Status["_tag"]>().toEqualTypeOf<
      | "Connecting"
      | "Connected"
      | "Reconnecting"
      | "Offline"
      | "Unauthorized"
      | "Failed"
      | "Paused"
      | "Closed"
    >()
    const { closed, connecting, describe, isPermanent, paused } = Main.ConnectionStatus
    expectTypeOf([closed, connecting, paused]).items.toEqualTypeOf<Status>()
    expectTypeOf(describe).toEqualTypeOf<(status: Status) => string>()
    expectTypeOf(isPermanent).guards.toEqualTypeOf<
      Extract<Status, { readonly _tag: "Unauthorized" | "Failed" }>
    >()
  })

  it("errors have a tag and a message, and say why", () => {
    expectTypeOf<Main.PresenceError["_tag"]>().toEqualTypeOf<"PresenceError">()
    expectTypeOf<Main.PresenceError["reason"]>().toEqualTypeOf<
      | Main.UnsupportedResource
      | Main.InvalidConfiguration
      | Main.Unauthorized
      | Main.ConnectionFailed
    >()
    expectTypeOf<Main.TransportError["_tag"]>().toEqualTypeOf<"TransportError">()
    expectTypeOf<Main.TransportError["reason"]>().toEqualTypeOf<
      Main.NotConnected | Main.RequestTimeout | Main.Rejected
    >()
    expectTypeOf<
      Main.PresenceError | Main.PresenceError["reason"] | Main.TransportError
    >().toExtend<Error>()
    expectTypeOf<Main.TransportError["reason"] | Main.TokenUnavailable>().toExtend<Error>()
    expectTypeOf(Main.notConnected).toEqualTypeOf<Main.TransportError>()
  })
})
