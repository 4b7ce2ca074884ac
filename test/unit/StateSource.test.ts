import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { listeners } from "../../src/Listeners.ts"
import { makeOrigin } from "../../src/Origin.ts"
import * as StateSource from "../../src/StateSource.ts"
import { settle } from "../support/FakeWebSocket.ts"

describe("StateSource", () => {
  it.effect("[P1] calls after a change, never for the current value or an unchanged one", () =>
    Effect.gen(function* () {
      const ref = yield* SubscriptionRef.make(1)
      const source = StateSource.fromSubscriptionRef(ref)
      const seen: Array<number> = []
      const unsubscribe = source.subscribe(() => seen.push(source.getCurrent()))
      yield* settle
      assert.deepStrictEqual(seen, [])
      yield* SubscriptionRef.set(ref, 1)
      yield* SubscriptionRef.set(ref, 2)
      yield* settle
      assert.deepStrictEqual(seen, [2])
      unsubscribe()
      yield* SubscriptionRef.set(ref, 3)
      yield* settle
      assert.deepStrictEqual(seen, [2])
      assert.strictEqual(source.getCurrent(), 3)
    })
  )

  it("[P1] starts with the first listener and ends with the last", () => {
    const log: Array<string> = []
    const { notify, subscribe } = listeners(() => {
      log.push("start")
      return () => log.push("stop")
    })
    const listener = () => log.push("called")
    const first = subscribe(listener)
    const second = subscribe(listener)
    notify()
    first()
    first()
    notify()
    second()
    notify()
    subscribe(listener)()
    assert.deepStrictEqual(log, ["start", "called", "called", "called", "stop", "start", "stop"])
  })

  it("[P1] a listener may unsubscribe itself and others while it is called", () => {
    const { notify, subscribe } = listeners(() => () => {})
    let calls = 0
    const removals: Array<() => void> = []
    for (let index = 0; index < 3; index++) {
      removals.push(
        subscribe(() => {
          calls += 1
          for (const remove of removals) remove()
        })
      )
    }
    notify()
    notify()
    assert.isAtMost(calls, 3)
  })

  it("[P1] a computed value is the identical one until its origin changes", () => {
    let current = { n: 1 }
    let runs = 0
    const source = StateSource.map(
      { getCurrent: () => current, getInitial: () => current, subscribe: () => () => {} },
      ({ n }) => {
        runs += 1
        return [n]
      }
    )
    assert.strictEqual(source.getCurrent(), source.getCurrent())
    current = { n: 2 }
    assert.deepStrictEqual(source.getCurrent(), [2])
    assert.strictEqual(runs, 3)
  })

  it("[P4] a computed value of what a server renders is the identical one, whatever happens since", () => {
    let current = { n: 1 }
    const source = StateSource.map(
      { getCurrent: () => current, getInitial: () => ({ n: 0 }), subscribe: () => () => {} },
      ({ n }) => [n]
    )
    const initial = source.getInitial()
    assert.deepStrictEqual(initial, [0])
    current = { n: 2 }
    assert.deepStrictEqual(source.getCurrent(), [2])
    assert.strictEqual(source.getInitial(), initial)
  })

  it.effect(
    "[P1] a derived source follows whatever origin there is, and only while subscribed",
    () =>
      Effect.gen(function* () {
        let held = 0
        const origin = makeOrigin<StateSource.StateSource<number>>(() => {
          held += 1
          return () => (held -= 1)
        })
        const source = origin.derive({
          initial: 0,
          read: (numbers) => (numbers === undefined ? 0 : Math.floor(numbers.getCurrent() / 10)),
          follow: (numbers, notify) => numbers.subscribe(notify)
        })
        const ref = yield* SubscriptionRef.make(10)
        const seen: Array<number> = []
        const unsubscribe = source.subscribe(() => seen.push(source.getCurrent()))
        origin.set(StateSource.fromSubscriptionRef(ref))
        yield* settle
        // 21 is no change of what is derived: its subscribers are not called.
        for (const value of [20, 21, 30]) {
          yield* SubscriptionRef.set(ref, value)
          yield* settle
        }
        origin.set(undefined)
        yield* SubscriptionRef.set(ref, 40)
        yield* settle
        assert.deepStrictEqual(seen, [1, 2, 3, 0])
        assert.strictEqual(held, 1)
        unsubscribe()
        assert.strictEqual(held, 0)
      })
  )

  it("[P1] a source that another one's listener lets go of follows nothing any more", () => {
    let followed = 0
    const origin = makeOrigin<object>(() => () => {})
    const derive = () =>
      origin.derive<object | undefined>({
        initial: undefined,
        read: (value) => value,
        follow: () => {
          followed += 1
          return () => (followed -= 1)
        }
      })
    const first = derive().subscribe(() => second())
    const second = derive().subscribe(() => {})
    origin.set({})
    first()
    assert.strictEqual(followed, 0)
  })

  it("[P1] a listener that throws keeps nobody else from hearing", () => {
    vi.useFakeTimers()
    const { notify, subscribe } = listeners(() => () => {})
    let calls = 0
    subscribe(() => {
      throw new Error("the listener's own")
    })
    subscribe(() => (calls += 1))
    notify()
    notify()
    assert.strictEqual(calls, 2)
    assert.throws(() => vi.runAllTimers(), "the listener's own")
    vi.clearAllTimers()
    vi.useRealTimers()
  })
})
