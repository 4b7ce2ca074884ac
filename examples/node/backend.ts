/**
 * A backend that reacts when somebody opens a document: `npm run example:backend`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import {
  BifurTransport,
  DocumentRef,
  Presence,
  PresenceState,
  sessionKey,
  Users,
  profileOf
} from "../../src/index.ts"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { layerRoom } from "./room.ts"

/** Draft, published document and versions are one. */
const documentsOf = ({ locations }: PresenceState.PresenceSession) =>
  new Set(locations.map(({ documentId }) => DocumentRef.publishedIdOf(documentId)))

/** Who opens what, once for each time; who is there already has opened it, too. */
const openings = Effect.gen(function* () {
  const presence = yield* Presence
  const open = new Map<string, ReadonlySet<string>>()
  const see = (session: PresenceState.PresenceSession) => {
    const key = sessionKey(session.userId, session.sessionId)
    const before = open.get(key) ?? new Set<string>()
    const now = documentsOf(session)
    open.set(key, now)
    return [...now]
      .filter((documentId) => !before.has(documentId))
      .map((documentId) => ({ userId: session.userId, documentId }))
  }
  return presence.changes.pipe(
    Stream.map((change) => {
      if (change._tag === "Reset") return PresenceState.toArray(change.state).flatMap(see)
      if (change._tag !== "Left") return see(change.session)
      open.delete(sessionKey(change.session.userId, change.session.sessionId))
      return []
    }),
    Stream.flattenIterable
  )
}).pipe(Stream.unwrap)

const program = Effect.gen(function* () {
  const users = yield* Users
  yield* openings.pipe(
    Stream.runForEach(({ documentId, userId }) =>
      Effect.gen(function* () {
        // Here it would warm a cache, lock a build, or write to a channel of the team.
        yield* users.request([userId])
        const profiles = yield* SubscriptionRef.get(users.profiles)
        yield* Console.log(`${profileOf(profiles, userId).displayName} opened ${documentId}`)
      })
    )
  )
})

program.pipe(
  Effect.provide(Layer.merge(Layer.provide(Presence.layer, BifurTransport.layer), Users.layer)),
  Effect.provide(layerRoom("p-backend")),
  Effect.scoped,
  NodeRuntime.runMain
)
