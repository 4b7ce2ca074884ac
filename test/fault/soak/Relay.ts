/**
 * A relay that can be stopped and started again where it was.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Relay, RelayAuth, type RelayError, type RelayOptions } from "../../../src/relay/index.ts"

/**
 * - `url`: the same for ever.
 * - `permit`: one restart at a time.
 * - `restart` stops it, waits for `pause`, and starts it anew, with an empty table. Answers how long
 *   it took to stop, in milliseconds.
 */
export interface SoakRelay {
  readonly url: string
  readonly permit: Semaphore.Semaphore
  readonly restart: (options: {
    readonly pause: Effect.Effect<void>
    readonly rollCall: RelayOptions["rollCall"]
  }) => Effect.Effect<number, RelayError>
}

/** A room in which nobody speaks is not a dead one: clients suspect after 1.5 s. */
const heartbeatInterval = "500 millis"

/** Somebody else may just be using the port for a connection of theirs. */
const whenTaken = Schedule.max([Schedule.spaced("100 millis"), Schedule.recurs(30)])

const startOn = Effect.fnUntraced(function* (
  port: number,
  rollCall: RelayOptions["rollCall"],
  parent: Scope.Scope
) {
  const scope = yield* Scope.fork(parent)
  const layer = Relay.layer({ port, rollCall, heartbeatInterval }).pipe(
    Layer.provide(RelayAuth.layerDevelopment)
  )
  const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope).pipe(
    Effect.onError(() => Scope.close(scope, Exit.void))
  )
  return { relay: Context.get(context, Relay), stop: Scope.close(scope, Exit.void) }
})

/** Starts a relay on a free port; it ends with the scope. */
export const makeRelay = Effect.fnUntraced(function* (): Effect.fn.Return<
  SoakRelay,
  RelayError,
  Scope.Scope
> {
  const scope = yield* Effect.scope
  let running = yield* startOn(0, "table", scope)
  const { address, url } = running.relay
  return {
    url,
    permit: yield* Semaphore.make(1),
    restart: Effect.fnUntraced(function* ({ pause, rollCall }) {
      const [stopping] = yield* Effect.timed(running.stop)
      yield* pause
      running = yield* Effect.retry(startOn(address.port, rollCall, scope), whenTaken)
      return Duration.toMillis(stopping)
    })
  }
})
