/**
 * The bridge from a SubscriptionRef to readers that are not Effects: a current value, and a call
 * when it changes. What `useSyncExternalStore` takes.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { rememberLast } from "./rememberLast.ts"
import { listeners, nothing, subscribeAll, whenChanged } from "./Listeners.ts"

/**
 * A value that changes.
 *
 * @example
 * const unsubscribe = source.subscribe(() => console.log(source.getCurrent()))
 */
export interface StateSource<out A> {
  /** The value now; the identical one until it changes. */
  readonly getCurrent: () => A
  /**
   * The value before anything happened, always the identical one: what a server renders, and a browser
   * while it hydrates.
   */
  readonly getInitial: () => A
  /**
   * Calls the listener after every change, never for the current value, until the returned function is
   * called. Whatever a source needs to follow its value ends with the last subscriber.
   */
  readonly subscribe: (listener: () => void) => () => void
}

/**
 * The value of a ref. One fiber follows it while anyone is subscribed.
 *
 * @example
 * const status = StateSource.fromSubscriptionRef(presence.status)
 */
export const fromSubscriptionRef = <A>(ref: SubscriptionRef.SubscriptionRef<A>): StateSource<A> => {
  const getCurrent = () => SubscriptionRef.getUnsafe(ref)
  const { subscribe } = listeners((notify) => {
    const check = Effect.sync(whenChanged(getCurrent, notify))
    const fiber = Effect.runFork(
      // Readers look at the newest value, so a slow one needs no queue.
      Stream.runForEachArray(SubscriptionRef.changes(ref), () => check)
    )
    return () => fiber.interruptUnsafe()
  })
  const initial = getCurrent()
  return { getCurrent, subscribe, getInitial: () => initial }
}

/**
 * A source computed from another. `f` runs once per value of it.
 *
 * @example
 * const count = StateSource.map(presence.getUsers(), (users) => users.length)
 */
export const map = <A, B>(source: StateSource<A>, f: (value: A) => B): StateSource<B> => {
  const current = rememberLast(f)
  const initial = f(source.getInitial())
  return {
    subscribe: source.subscribe,
    getInitial: () => initial,
    getCurrent: () => current(source.getCurrent())
  }
}

/**
 * A source computed from two others. `f` runs once per pair of values.
 *
 * @example
 * const title = StateSource.zipWith(presence.getUsers(), presence.getStatus(), (users, status) =>
 *   status._tag === "Connected" ? `${users.length} here` : ConnectionStatus.describe(status)
 * )
 */
export const zipWith = <A, B, C>(
  left: StateSource<A>,
  right: StateSource<B>,
  f: (left: A, right: B) => C
): StateSource<C> => {
  const { subscribe } = listeners((notify) => subscribeAll([left, right], notify))
  const current = rememberLast(f)
  const initial = f(left.getInitial(), right.getInitial())
  return {
    subscribe,
    getInitial: () => initial,
    getCurrent: () => current(left.getCurrent(), right.getCurrent())
  }
}

/**
 * A source that never changes.
 *
 * @example
 * const nobody = StateSource.constant<ReadonlyArray<UserPresence>>([])
 */
export const constant = <A>(value: A): StateSource<A> => ({
  getCurrent: () => value,
  getInitial: () => value,
  subscribe: () => nothing
})
