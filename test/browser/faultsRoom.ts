/** Another client in the room, outside any browser, that notes who comes and goes and when. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Auth, BifurTransport, Presence, SanityClient } from "../../src/index.ts"
import { isStep } from "../support/isStep.ts"

/** Waits until `find` finds something. */
export const until = <A>(
  what: string,
  find: () => A | undefined | Promise<A | undefined>
): Effect.Effect<A> => {
  const look = Effect.promise(async () => find())
  return Effect.gen(function* () {
    let found = yield* look
    while (found === undefined) {
      yield* Effect.sleep("5 millis")
      found = yield* look
    }
    return found
  }).pipe(
    Effect.timeoutOrElse({
      duration: "20 seconds",
      orElse: () => Effect.die(new Error(`in vain: ${what}`))
    })
  )
}

/** Somebody came, moved or left. The time is in epoch milliseconds. */
export interface Seen {
  readonly at: number
  readonly change: "Joined" | "Moved" | "Left" | "ActivityChanged"
  readonly sessionId: string
  readonly reason: string | undefined
}

/**
 * - `dataset`: that of the room, which nobody else is in.
 * - `next`: the next such change after the last one that it gave, as soon as there is one.
 */
export interface Observer {
  readonly dataset: string
  readonly next: (change: Seen["change"]) => Effect.Effect<Seen>
  readonly all: ReadonlyArray<Seen>
}

let rooms = 0

/** Watches a new room of the relay at `apiHost`, until the scope closes. It only reads: nobody sees it. */
export const observe = Effect.fnUntraced(function* (
  apiHost: string
): Effect.fn.Return<Observer, never, Scope.Scope> {
  const dataset = `room-${++rooms}`
  const client = SanityClient.layer({ projectId: "demo", dataset, apiHost })
  const layer = Presence.layer.pipe(
    Layer.provide(BifurTransport.layer),
    Layer.provide(Auth.layerToken("p-observer")),
    Layer.provide(Layer.orDie(client))
  )
  const presence = Context.get(yield* Layer.build(layer), Presence)
  const all: Array<Seen> = []
  let given = 0
  yield* presence.changes.pipe(
    Stream.filter(isStep),
    Stream.runForEach((change) =>
      Effect.sync(() => {
        const { _tag, session } = change
        const reason = _tag === "Left" ? change.reason : undefined
        all.push({ at: Date.now(), change: _tag, sessionId: session.sessionId, reason })
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* Effect.orDie(presence.ready)
  return {
    dataset,
    all,
    next: (change) =>
      until(`somebody has ${change.toLowerCase()}`, () => {
        const index = all.findIndex((seen, index) => index >= given && seen.change === change)
        if (index < 0) return undefined
        given = index + 1
        return all[index]
      })
  }
})
