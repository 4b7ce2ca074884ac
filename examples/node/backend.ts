/**
 * A backend that reacts when somebody opens a document: `npm run example:backend`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  BifurTransport,
  DocumentRef,
  Presence,
  PresenceState,
  sessionKey,
  Users,
  type UserId,
  profileOf
} from "../../src/index.ts"
import { layerRoom } from "./room.ts"

/** Draft, published document and versions are one. */
const documentsOf = ({ locations }: PresenceState.PresenceSession) =>
  new Set(locations.map(({ documentId }) => DocumentRef.publishedIdOf(documentId)))

const keyOf = ({ sessionId, userId }: PresenceState.PresenceSession) =>
  sessionKey(userId, sessionId)

/** Who opens what, once for each time; who is there already has opened it, too. */
const openings = Effect.gen(function* () {
  const presence = yield* Presence
  const open = new Map<string, ReadonlySet<string>>()
  const see = (session: PresenceState.PresenceSession) => {
    const key = keyOf(session)
    const before = open.get(key) ?? new Set<string>()
    const now = documentsOf(session)
    open.set(key, now)
    return [...now]
      .filter((documentId) => !before.has(documentId))
      .map((documentId) => ({ userId: session.userId, documentId }))
  }
  return presence.changes.pipe(
    Stream.map((change) => {
      if (change._tag === "Reset") {
        const sessions = PresenceState.toArray(change.state)
        const keys = new Set<string>(sessions.map((session) => keyOf(session)))
        for (const key of open.keys()) if (!keys.has(key)) open.delete(key)
        return sessions.flatMap(see)
      }
      if (change._tag !== "Left") return see(change.session)
      open.delete(keyOf(change.session))
      return []
    }),
    Stream.flattenIterable
  )
}).pipe(Stream.unwrap)

/** The name, as soon as it is known; after a second the id will do. */
const nameOf = (userId: UserId) =>
  Effect.gen(function* () {
    const users = yield* Users
    yield* users.request([userId])
    yield* SubscriptionRef.changes(users.profiles).pipe(
      Stream.takeUntil((profiles) => HashMap.has(profiles, userId)),
      Stream.runDrain,
      Effect.timeoutOption("1 second")
    )
    return profileOf(yield* SubscriptionRef.get(users.profiles), userId).displayName
  })

// Here it would warm a cache, lock a build, or write to a channel of the team.
const program = openings.pipe(
  Stream.runForEach(({ documentId, userId }) =>
    Effect.flatMap(nameOf(userId), (name) => Console.log(`${name} opened ${documentId}`))
  )
)

program.pipe(
  Effect.provide(Layer.merge(Layer.provide(Presence.layer, BifurTransport.layer), Users.layer)),
  Effect.provide(layerRoom("p-backend")),
  Effect.scoped,
  NodeRuntime.runMain
)
