/**
 * What clients do, and what becomes of them and of the relay.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { PresenceError } from "../../../src/index.ts"
import type { RelayError } from "../../../src/relay/index.ts"
import type { SoakClient } from "./Client.ts"
import { nameOf } from "./Judge.ts"
import { hurtNetwork, patience } from "./Network.ts"
import { between, type Deed, type Dice, oneOf } from "./Plan.ts"
import type { Seat, SoakRoom } from "./Room.ts"

/** Answers whether it happened. */
type Doing = Effect.Effect<boolean, PresenceError | RelayError>

/** Reports as fast as somebody who clicks about; now and then the last of it is that they left. */
const burst = Effect.fnUntraced(function* (room: SoakRoom, { client }: Seat, dice: Dice) {
  const { nextPlaces, time } = room
  if (client.watches) return false
  const pause = between(0, 12, dice.hold)
  for (let left = between(5, 40, dice.dose); left > 0 && !time.isOver; left--) {
    yield* client.report(nextPlaces())
    yield* pause < 1 ? Effect.yieldNow : time.hold(pause)
  }
  yield* client.report(dice.coin < 0.2 ? [] : nextPlaces())
  return true
})

/** Leaves all documents, half of the time for another one at once. */
const clear = Effect.fnUntraced(function* (room: SoakRoom, { client }: Seat, dice: Dice) {
  if (client.watches) return false
  yield* client.report([])
  if (dice.coin < 0.5) return true
  yield* room.time.hold(between(0, 300, dice.hold))
  yield* client.report(room.nextPlaces())
  return true
})

/** Nothing that ends may take longer than this, by [C9] and [S7], and half a second more. */
const longestEnd = 2_500

const noteSlowness = (room: SoakRoom, what: string, millis: number): void => {
  if (millis > longestEnd) room.note("[C9] [S7] slow to end", `${what}: ${Math.round(millis)} ms`)
}

/** Closes a client; that must never fail, nor take long. */
const close = (room: SoakRoom, client: SoakClient): Effect.Effect<void> =>
  Effect.timed(client.close).pipe(
    Effect.map(([time]) => noteSlowness(room, nameOf(client), Duration.toMillis(time))),
    Effect.catchCause((cause) =>
      Effect.sync(() => room.note("can't be closed", `${nameOf(client)}: ${Cause.pretty(cause)}`))
    )
  )

/** Ends the client of a seat by `end`, and seats another one, half of the time before that is over. */
const replace = Effect.fnUntraced(function* (
  room: SoakRoom,
  seat: Seat,
  { coin, dose, hold }: Dice,
  end: Effect.Effect<void>
) {
  const { client } = seat
  const isVisible = Effect.sync(() => client.isConnected && client.reported !== undefined)
  // Otherwise nobody would notice: it is replaced all the same, but does not count.
  const happened = yield* room.time.until(isVisible, patience)
  yield* Effect.forkDetach(end)
  yield* Effect.sleep(coin < 0.5 ? 0 : between(100, 700, hold))
  seat.client = yield* room.enter(seat.userId, dose < 0.1)
  return happened
})

const goodbye = (room: SoakRoom, seat: Seat, dice: Dice): Doing =>
  replace(room, seat, dice, Effect.andThen(close(room, seat.client), seat.client.hangUp))

/** Nothing gets out any more; the relay learns of it at once, or after all have forgotten. */
const crash = (room: SoakRoom, seat: Seat, dice: Dice): Doing => {
  const { hangUp, proxy } = seat.client
  const linger = dice.hold < 0.5 ? 0 : between(500, 7_000, dice.dose)
  const end = proxy
    .blackHole("both")
    .pipe(
      Effect.andThen(close(room, seat.client)),
      Effect.andThen(room.time.hold(linger)),
      Effect.andThen(hangUp)
    )
  return replace(room, seat, dice, end)
}

/**
 * Half of the time it is killed: nobody hears a close frame. Half of the time the next one leaves roll
 * calls to the clients.
 */
const restartRelay = (room: SoakRoom, { coin, dose, hold }: Dice): Doing => {
  const pause = room.time.hold(hold < 0.85 ? between(0, 250, dose) : between(500, 1_500, dose))
  const rollCall = oneOf("table", "forward", (2 * coin) % 1)
  const resetAll = Effect.forEach(room.clients, ({ proxy }) => proxy.reset, {
    concurrency: "unbounded",
    discard: true
  })
  return Effect.andThen(
    coin < 0.5 ? resetAll : Effect.void,
    room.relay.restart({ pause, rollCall })
  ).pipe(
    Effect.map((millis) => {
      noteSlowness(room, "the relay", millis)
      return true
    })
  )
}

const move = (room: SoakRoom, { client }: Seat): Doing =>
  Effect.suspend(() => {
    if (client.watches) return Effect.succeed(false)
    room.moves++
    return Effect.as(client.report(room.nextPlaces()), true)
  })

/** One at a time where `permit` is; whoever had to wait until the end does nothing any more. */
const inTurn = (room: SoakRoom, permit: Seat["life"], doing: () => Doing): Doing =>
  permit.withPermit(Effect.suspend(() => (room.time.isOver ? Effect.succeed(false) : doing())))

const doTo = (room: SoakRoom, seat: Seat, { dice, what }: Deed): Doing => {
  switch (what) {
    case "move":
      return inTurn(room, seat.life, () => move(room, seat))
    case "burst":
      return inTurn(room, seat.life, () => burst(room, seat, dice))
    case "clear":
      return inTurn(room, seat.life, () => clear(room, seat, dice))
    case "goodbye":
      return inTurn(room, seat.life, () => goodbye(room, seat, dice))
    case "crash":
      return inTurn(room, seat.life, () => crash(room, seat, dice))
    case "relay restart":
      return inTurn(room, room.relay.permit, () => restartRelay(room, dice))
    default:
      return inTurn(room, seat.network, () => hurtNetwork(room.time, seat.client, what, dice))
  }
}

/** Does a deed to the first client that is in a state for it, and counts it. */
export const perform = Effect.fnUntraced(function* (room: SoakRoom, deed: Deed) {
  for (const index of deed.clients) {
    const seat = room.seats[index]
    if (seat === undefined || !(yield* doTo(room, seat, deed))) continue
    return deed.what === "move" ? undefined : room.count(deed.what)
  }
})
