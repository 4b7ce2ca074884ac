/**
 * A room full of simulated people: ordinary clients, each on a socket of its own.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { ReportedLocation } from "../../Location.ts"
import { Presence } from "../../Presence.ts"
import { counts } from "../../PresenceQuery.ts"
import { type UsageError, CommandFailed, CommandUnauthorized } from "../CommandFailure.ts"
import { awaitConnected, failWhenOver, layerPresence } from "../room/joinRoom.ts"
import type { RoomTarget } from "../room/RoomTarget.ts"
import { type Act, chooseAct, chooseDelay, chooseField, typeOn } from "./behaviour.ts"
import { makeWire } from "./Wire.ts"

/** How long somebody who stops to think does nothing, and who has left is away: in acts. */
const pause = 20

/** People come one after the other, in milliseconds: not as a herd. */
const arrival = 20

/**
 * - `rate`: acts of one person in a second.
 * - `seed`: the same one gives the same acts in the same order, for every person.
 */
export interface Settings {
  readonly users: number
  readonly documents: number
  readonly rate: number
  readonly seed: number
}

/** What has been done so far, how many are there and have left for a while, and what somebody who only looks on has seen of it. */
export interface Tally {
  readonly acts: { [act in Act]: number }
  connected: number
  away: number
  refused: number
  seen: { sessions: number; changes: number }
}

export const emptyTally = (): Tally => ({
  acts: { focus: 0, type: 0, idle: 0, leave: 0, reconnect: 0 },
  connected: 0,
  away: 0,
  refused: 0,
  seen: { sessions: 0, changes: 0 }
})

/** Where names do for tokens, everyone is somebody else; else all are sessions of the token's user. */
const asPerson = (target: RoomTarget, person: number): RoomTarget =>
  target.isInvented
    ? { ...target, token: Option.some(Redacted.make(`p-person-${person + 1}`)) }
    : target

/** Counts a person in while connected; ends where the connection is over for good. */
const followStatus = Effect.fnUntraced(function* (tally: Tally) {
  const { status } = yield* Presence
  let isIn = false
  const count = (isConnected: boolean) =>
    Effect.sync(() => {
      if (isConnected !== isIn) tally.connected += isConnected ? 1 : -1
      isIn = isConnected
    })
  yield* Effect.addFinalizer(() => count(false))
  yield* Effect.forkScoped(
    Stream.runForEach(SubscriptionRef.changes(status), ({ _tag }) => count(_tag === "Connected"))
  )
  return yield* failWhenOver
})

/** From joining to leaving. */
const visit = Effect.fnUntraced(function* (
  settings: Settings,
  tally: Tally,
  cut: Effect.Effect<void>
) {
  const presence = yield* Presence
  const act = Effect.fnUntraced(function* (place: ReportedLocation) {
    yield* Effect.sleep(yield* chooseDelay(settings.rate))
    const chosen = yield* chooseAct
    tally.acts[chosen]++
    switch (chosen) {
      case "focus": {
        const next = yield* chooseField(settings.documents)
        yield* presence.report([next])
        return next
      }
      case "type": {
        const next = yield* typeOn(place)
        yield* presence.report([next])
        return next
      }
      case "idle":
        yield* Effect.sleep((yield* chooseDelay(settings.rate)) * pause)
        return place
      case "reconnect":
        yield* cut
        return place
      case "leave":
        return undefined
    }
  })
  let place: ReportedLocation | undefined = yield* chooseField(settings.documents)
  yield* presence.report([place])
  while (place !== undefined) place = yield* act(place)
})

type Refusal = CommandFailed | CommandUnauthorized

const refused = (tally: Tally) => (error: Refusal) =>
  Effect.sync(() => {
    tally.refused++
    return error
  })

/** Until there is no coming back: gives the reason. */
const live = (target: RoomTarget, settings: Settings, tally: Tally) =>
  Effect.fnUntraced(function* (person: number) {
    yield* Effect.sleep(person * arrival)
    const wire = makeWire()
    // Their own dice: what the network makes the client roll must not change what they do.
    const dice = yield* Random.withSeed(Random.Random, `${settings.seed}-${person}`)
    const visits = Effect.forever(
      Effect.gen(function* () {
        yield* visit(settings, tally, wire.cut).pipe(
          Effect.provideService(Random.Random, dice),
          Effect.raceFirst(followStatus(tally)),
          Effect.scoped,
          Effect.provide(layerPresence(asPerson(target, person))),
          Effect.provide(wire.layer)
        )
        const delay = yield* Effect.provideService(chooseDelay(settings.rate), Random.Random, dice)
        tally.away++
        yield* Effect.ensuring(
          Effect.sleep(delay * pause),
          Effect.sync(() => tally.away--)
        )
      })
    )
    return yield* Effect.catchTags(visits, {
      CommandFailed: refused(tally),
      CommandUnauthorized: refused(tally)
    })
  })

/** Why the last of them had to go; a refused token says more than what else ended a connection. */
const nobodyLeft = (refusals: ReadonlyArray<Refusal>) => {
  const last = refusals.find(({ _tag }) => _tag === "CommandUnauthorized") ?? refusals.at(-1)
  const message = `Nobody is left. ${last?.message ?? ""}`
  return last?._tag === "CommandUnauthorized"
    ? new CommandUnauthorized({ message })
    : new CommandFailed({ message })
}

/** Looks on without being seen, and counts. */
const lookOn = Effect.fnUntraced(function* (tally: Tally) {
  const presence = yield* Presence
  yield* Effect.forkScoped(
    Stream.runForEach(presence.changes, ({ _tag }) =>
      Effect.sync(() => {
        if (_tag !== "Reset") tally.seen.changes++
      })
    )
  )
  yield* SubscriptionRef.changes(presence.state).pipe(
    Stream.runForEach((state) =>
      Effect.sync(() => {
        tally.seen.sessions = counts(state).sessions
      })
    )
  )
})

/** Runs for ever; fails where nobody gets in. The tally is kept while it runs. */
export const simulation = (
  target: RoomTarget,
  settings: Settings,
  tally: Tally,
  timeout: number | undefined
): Effect.Effect<void, UsageError | CommandFailed | CommandUnauthorized> =>
  Effect.gen(function* () {
    yield* awaitConnected(timeout)
    yield* Effect.forkScoped(lookOn(tally))
    const people = Array.from({ length: settings.users }, (_, person) => person)
    const refusals = yield* Effect.forEach(people, live(target, settings, tally), {
      concurrency: "unbounded"
    })
    return yield* nobodyLeft(refusals)
  }).pipe(
    Effect.scoped,
    Effect.provide(layerPresence(target)),
    Effect.provide(Socket.layerWebSocketConstructorGlobal)
  )
