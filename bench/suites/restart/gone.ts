/** How long it takes until others are told that somebody's process or network has died. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import {
  Auth,
  BifurTransport,
  Presence,
  type PresenceState,
  SanityClient
} from "../../../src/index.ts"
import { balance } from "../../../test/support/balancer.ts"
import { startChild } from "../../processes/child.ts"
import { now } from "../../processes/clock.ts"
import type { Measure } from "../../suite.ts"
import { startClients, startNode } from "./Site.ts"
import { isStep } from "../../../test/support/isStep.ts"

/**
 * - `killed`: the process is killed; the system closes its socket, and the relay sees that.
 * - `swallowed`: the network loses everything from now on, and the process is killed: nothing tells the
 *   relay but that there is no answer to its pings. It waits for `silenceTimeout` (milliseconds).
 * - `untold`: the process is killed, and the server tells nobody, as hosted Bifur.
 */
export type Input =
  | { readonly how: "killed" | "untold" }
  | { readonly how: "swallowed"; readonly silenceTimeout: number }

type Left = Extract<PresenceState.PresenceChange, { readonly _tag: "Left" }>

/** Longer than a session lives without a word, in milliseconds. */
const patience = 130_000

const startServer = (input: Input): Effect.Effect<number, never, Scope.Scope> => {
  if (input.how === "untold") {
    const server = startChild(new URL("../../processes/fakeBifur.ts", import.meta.url), null)
    return Effect.map(server, ({ line }) => Number(line))
  }
  const options = input.how === "swallowed" ? { silenceTimeout: input.silenceTimeout } : {}
  return Effect.map(startNode(options), ({ port }) => port)
}

const urlOf = (port: number) => `http://127.0.0.1:${port}`

/** Somebody who looks on: when the first change of a kind came, and which it was. */
const observe = Effect.fnUntraced(function* (url: string) {
  const context = yield* Layer.build(
    Presence.layer.pipe(
      Layer.provide(BifurTransport.layer),
      Layer.provide(Auth.layerToken("p-observer")),
      Layer.provide(SanityClient.layer({ projectId: "demo", dataset: "restart", apiHost: url }))
    )
  )
  const presence = yield* Effect.provide(Presence.use(Effect.succeed), context)
  const changes: Array<{ readonly at: number; readonly change: PresenceState.PresenceChange }> = []
  yield* presence.changes.pipe(
    Stream.filter(isStep),
    Stream.runForEach((change) => Effect.sync(() => changes.push({ at: now(), change }))),
    Effect.forkScoped({ startImmediately: true })
  )
  const first = (tag: PresenceState.PresenceChange["_tag"]) =>
    Effect.gen(function* () {
      const start = now()
      while (true) {
        const found = changes.find(({ change }) => change._tag === tag)
        if (found !== undefined) return found
        if (now() - start > patience) return yield* Effect.die(new Error(`nobody was seen: ${tag}`))
        yield* Effect.sleep("5 millis")
      }
    })
  yield* SubscriptionRef.changes(presence.status).pipe(
    Stream.takeUntil(({ _tag }) => _tag === "Connected"),
    Stream.runDrain
  )
  return first
})

const expectedReason = ({ how }: Input): Left["reason"] =>
  how === "untold" ? "expired" : "disconnected"

export const measure: Measure<Input> = (input) =>
  Effect.gen(function* () {
    const port = yield* startServer(input)
    const first = yield* observe(urlOf(port))
    // The network between the one that dies and the server.
    const network = yield* balance([port])
    const { processes } = yield* startClients({
      url: urlOf(network.port),
      sessions: 1,
      processes: 1
    })
    const joined = yield* first("Joined")
    yield* Effect.sleep("2 seconds")
    const diedAt = now()
    if (input.how === "swallowed") yield* network.swallow
    for (const child of processes) yield* child.end("SIGKILL")
    const left = yield* first("Left")
    const reason = left.change._tag === "Left" ? left.change.reason : undefined
    if (reason !== expectedReason(input)) {
      return yield* Effect.die(new Error(`left, but ${reason}`))
    }
    return {
      gone: (left.at - diedAt) / 1_000,
      // Its last word is what it said when it joined.
      goneAfterWord: (left.at - joined.at) / 1_000
    }
  }).pipe(Effect.scoped, Effect.runPromise)
