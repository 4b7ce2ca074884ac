import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Topic } from "./Topic.ts"
export type BackplaneStatus =
  | { readonly _tag: "Connected" }
  | { readonly _tag: "Disconnected"; readonly since: number; readonly reason: string }
export class Backplane extends Context.Service<
  Backplane,
  {
    readonly subscribe: (
      topic: Topic,
      receive: (message: string) => void
    ) => Effect.Effect<void, never, Scope.Scope>
    readonly publish: (topic: Topic, message: string) => void
    readonly status: () => BackplaneStatus
    readonly onStatus: (
      notify: (status: BackplaneStatus) => void
    ) => Effect.Effect<void, never, Scope.Scope>
    readonly dropped: () => number
  }
>()("effect-sanity-presence/relay/Backplane") {
  static readonly layerNone = Layer.succeed(
    Backplane,
    Backplane.of({
      subscribe: () => Effect.void,
      publish: () => undefined,
      status: () => ({ _tag: "Connected" }),
      onStatus: () => Effect.void,
      dropped: () => 0
    })
  )
}
