/**
 * A room in memory. What it delivers goes through the wire format, so that a test sees what a
 * socket would bring.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { fromReported, type Location, type ReportedLocation } from "../Location.ts"
import { PresenceConfig } from "../PresenceConfig.ts"
import { SessionId, UserId } from "../Session.ts"
import { isoNow } from "../Time.ts"
import type { TransportEvent } from "../Transport.ts"
import { decode, encode } from "./wire.ts"

/** Takes the text frames that the room delivers. */
export type Receiver = (frame: string) => void

/**
 * Someone else in the room, scripted by the test. Like a real peer it answers roll calls and
 * announces itself every 30 s, until it leaves or crashes; unlike one it does so at once, without a
 * window.
 *
 * @example
 * const ada = yield* room.join({ userId: "p-ada" })
 * yield* ada.move([{ documentId: "book", path: ["title"] }])
 * yield* ada.leave
 */
export interface Participant {
  /** Whom the room takes it for. */
  readonly userId: UserId
  /** Which of the user's sessions it is. */
  readonly sessionId: SessionId
  /** Announces where it is now, all of it. */
  readonly move: (locations: ReadonlyArray<ReportedLocation>) => Effect.Effect<void>
  /** Says goodbye. */
  readonly leave: Effect.Effect<void>
  /** Says nothing, and is never heard again. */
  readonly crash: Effect.Effect<void>
  /** Cuts it off in both directions. */
  readonly partition: Effect.Effect<void>
  /** Ends a `partition`: it announces itself. */
  readonly heal: Effect.Effect<void>
}

/** Who joins, and where. */
export interface JoinOptions {
  /** Whom the room takes it for, `p-ada` for instance. */
  readonly userId: string
  /** Which of the user's sessions. A new one unless given. */
  readonly sessionId?: string | undefined
  /** Where it is from the start. In no document unless given. */
  readonly locations?: ReadonlyArray<ReportedLocation> | undefined
}

/**
 * A room in memory.
 *
 * @example
 * const room = yield* TestRoom
 * const ada = yield* room.join({ userId: "p-ada" })
 * yield* ada.move([{ documentId: "drafts.book", path: ["title"] }])
 */
export class TestRoom extends Context.Service<
  TestRoom,
  {
    /** Puts a scripted participant into it, until the scope closes. */
    readonly join: (options: JoinOptions) => Effect.Effect<Participant, never, Scope.Scope>
    /** Delivers an event to everyone, as the server would. */
    readonly publish: (event: TransportEvent) => Effect.Effect<void>
    /** Delivers a raw text frame to everyone, garbage too. */
    readonly deliver: (frame: string) => Effect.Effect<void>
    /** Adds a receiver, and answers how to remove it. */
    readonly enter: (receiver: Receiver) => Effect.Effect<Effect.Effect<void>>
  }
>()("effect-sanity-presence/testing/TestRoom") {
  /** An empty room. */
  static readonly layer: Layer.Layer<TestRoom> = Layer.suspend(() => Layer.effect(TestRoom, make))
}

const make = Effect.sync(() => {
  const receivers = new Set<Receiver>()
  let sessions = 0

  const deliver = (frame: string) =>
    Effect.sync(() => {
      for (const receiver of Array.from(receivers)) receiver(frame)
    })
  const publish = (event: TransportEvent) => deliver(encode(event))
  const enter = (receiver: Receiver) =>
    Effect.sync(() => {
      receivers.add(receiver)
      return Effect.sync(() => void receivers.delete(receiver))
    })

  const join = Effect.fnUntraced(function* (options: JoinOptions) {
    const userId = UserId.make(options.userId)
    const sessionId = SessionId.make(options.sessionId ?? `test-session-${++sessions}`)
    const { announceInterval, limits } = yield* PresenceConfig
    let state: "present" | "partitioned" | "gone" = "present"
    let locations: ReadonlyArray<Location> = []

    const say = (event: TransportEvent) =>
      Effect.suspend(() => (state === "present" ? publish(event) : Effect.void))
    const announce = Effect.suspend(() => say({ _tag: "State", userId, sessionId, locations }))
    const become = (next: typeof state) =>
      Effect.sync(() => {
        if (state !== "gone") state = next
      })
    const move = Effect.fnUntraced(function* (reported: ReadonlyArray<ReportedLocation>) {
      const lastActiveAt = yield* isoNow
      locations = reported.map((location) => fromReported(location, lastActiveAt))
      yield* announce
    })
    const leave = Effect.andThen(say({ _tag: "Disconnect", userId, sessionId }), become("gone"))

    const exit = yield* enter((frame) => {
      const { event } = decode(frame, limits)
      if (event?._tag === "RollCall" && event.sessionId !== sessionId) Effect.runSync(announce)
    })
    yield* Effect.addFinalizer(() => Effect.andThen(leave, exit))
    yield* Effect.sleep(announceInterval).pipe(
      Effect.andThen(announce),
      Effect.forever,
      Effect.forkScoped
    )
    yield* move(options.locations ?? [])
    return {
      userId,
      sessionId,
      move,
      leave,
      crash: become("gone"),
      partition: become("partitioned"),
      heal: Effect.andThen(become("present"), announce)
    }
  })

  return TestRoom.of({ join, publish, deliver, enter })
})
