import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ChangeLog from "../../src/ChangeLog.ts"
import { fromReported } from "../../src/Location.ts"
import * as PresenceConfig from "../../src/PresenceConfig.ts"
import * as PresenceState from "../../src/PresenceState.ts"
import * as Roster from "../../src/Roster.ts"
import { SessionId, UserId } from "../../src/Session.ts"

/** What happens to a session, or to the reader. */
const Action = Schema.Struct({
  what: Schema.Literals(["move", "move", "move", "leave", "stop reading", "read on"]),
  session: Schema.Literals(["s1", "s2", "s3"]),
  path: Schema.Literals(["title", "body", "tags"])
})
type Action = typeof Action.Type

const { limits } = PresenceConfig.make({})

const toEvent = ({ path, session, what }: Action): PresenceState.SessionEvent => {
  const userId = UserId.make("p-ada")
  const sessionId = SessionId.make(session)
  return what === "leave"
    ? { _tag: "Disconnect", userId, sessionId }
    : {
        _tag: "State",
        userId,
        sessionId,
        locations: [fromReported({ documentId: "a", path: [path] }, "")]
      }
}

const placeOf = ({ locations }: PresenceState.PresenceSession) =>
  locations.map(({ path }) => String(path)).join()

const view = (state: PresenceState.PresenceState) =>
  new Map(
    PresenceState.toArray(state).map((session) => [session.sessionId, placeOf(session)] as const)
  )

/** What somebody knows who knows no more than what it was told; a change that can't be is a mistake. */
class Listener {
  known = new Map<SessionId, string>()
  resets = 0
  steps = 0

  hear(change: PresenceState.PresenceChange | PresenceState.Reset): void {
    if (change._tag === "Reset") {
      this.resets += 1
      this.known = view(change.state)
      return
    }
    this.steps += 1
    const { sessionId } = change.session
    assert.strictEqual(this.known.has(sessionId), change._tag !== "Joined")
    if (change._tag === "Moved") {
      assert.strictEqual(
        this.known.get(sessionId),
        change.previous.map(({ path }) => String(path)).join()
      )
    }
    if (change._tag === "Left") this.known.delete(sessionId)
    else this.known.set(sessionId, placeOf(change.session))
  }
}

/** Time for a reader to read all that is there. */
const settle = Effect.forEach(Array.from({ length: 200 }), () => Effect.yieldNow, {
  discard: true
})

const setup = Effect.fnUntraced(function* (unreadChanges: number) {
  const log = ChangeLog.make({ unreadChanges })
  let roster = Roster.empty
  let now = 0
  return {
    log,
    state: () => roster.state,
    act: (action: Action) =>
      Effect.sync(() => {
        now += 1
        const next = Roster.apply(roster, [toEvent(action)], now, limits)
        roster = next.roster
        log.step(roster.state, next.changes)
      }),
    /** A reader that reads while its latch is open. */
    read: Effect.gen(function* () {
      const listener = new Listener()
      const latch = yield* Latch.make(true)
      yield* log.stream.pipe(
        Stream.runForEach((change) =>
          Effect.andThen(
            latch.await,
            Effect.sync(() => listener.hear(change))
          )
        ),
        Effect.forkScoped({ startImmediately: true })
      )
      return { listener, latch }
    })
  }
})

const move = (session: "s1" | "s2" | "s3", path: "title" | "body") =>
  ({ what: "move", session, path }) as const

describe("what happened, told in order", () => {
  it.effect("[R9] begins with everyone who is there, and leaves no gap after that", () =>
    Effect.gen(function* () {
      const { act, read, state } = yield* setup(8)
      yield* act(move("s1", "title"))
      const { listener } = yield* read
      yield* act(move("s2", "title"))
      yield* settle
      assert.deepStrictEqual(listener.known, view(state()))
      assert.deepStrictEqual([listener.resets, listener.steps], [1, 1])
    })
  )

  it.effect("[R9] is told each once up to the bound, and beyond it as one Reset", () =>
    Effect.gen(function* () {
      const { act, read, state } = yield* setup(8)
      const { latch, listener } = yield* read
      const quick = (yield* read).listener
      yield* act(move("s1", "title"))
      yield* settle
      yield* latch.close
      for (let step = 0; step < 100; step++) {
        yield* act(move("s2", step % 2 === 0 ? "title" : "body"))
        yield* settle
      }
      yield* latch.open
      yield* settle
      // What was in its hands, a Reset for the rest, and nothing twice.
      assert.strictEqual(listener.resets, 2)
      assert.isAtMost(listener.steps, 1 + 8)
      assert.deepStrictEqual(listener.known, view(state()))
      assert.deepStrictEqual([quick.resets, quick.steps], [1, 101])
    })
  )

  it.effect("[R9] is not told twice to who begins to read because of it", () =>
    Effect.gen(function* () {
      const { act, log, read } = yield* setup(8)
      const inner: Array<string> = []
      yield* log.stream.pipe(
        Stream.runForEach(({ _tag }) =>
          _tag === "Joined"
            ? Effect.forkScoped(
                Stream.runForEach(log.stream, (change) =>
                  Effect.sync(() => void inner.push(change._tag))
                ),
                { startImmediately: true }
              )
            : Effect.void
        ),
        Effect.forkScoped({ startImmediately: true })
      )
      yield* read
      yield* act(move("s1", "title"))
      yield* settle
      assert.deepStrictEqual(inner, ["Reset"])
    })
  )

  it.effect("[R9] is told to a reader that gave way to others just as it began to wait", () =>
    Effect.gen(function* () {
      for (const operations of [4, 5, 6, 7, 8]) {
        const { act, log, state } = yield* setup(1_000)
        const listener = new Listener()
        yield* log.stream.pipe(
          Stream.runForEach((change) => Effect.sync(() => listener.hear(change))),
          Effect.provideService(MaxOpsBeforeYield, operations),
          Effect.forkScoped
        )
        yield* settle
        for (let round = 0; round < 100; round++) {
          for (let step = 0; step <= round % 5; step++) {
            yield* act(move("s1", step % 2 === 0 ? "title" : "body"))
            for (let turn = 0; turn < step % 4; turn++) yield* Effect.yieldNow
          }
          yield* settle
          assert.deepStrictEqual(listener.known, view(state()), `${operations}, ${round}`)
        }
      }
    })
  )

  it.effect.prop(
    "[R9] adds up to the state, whenever somebody begins to read, stops and reads on",
    [Schema.Array(Action).check(Schema.isMaxLength(60))],
    ([actions]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { act, read, state } = yield* setup(4)
          const readers = [yield* read]
          for (const action of actions) {
            const [first] = readers
            if (action.what === "stop reading") yield* first?.latch.close ?? Effect.void
            else if (action.what === "read on") yield* first?.latch.open ?? Effect.void
            else yield* act(action)
            if (action.path === "tags") readers.push(yield* read)
            if (action.session === "s3") yield* settle
          }
          for (const { latch } of readers) yield* latch.open
          yield* settle
          for (const { listener } of readers) {
            assert.deepStrictEqual(listener.known, view(state()))
          }
        })
      )
  )
})
