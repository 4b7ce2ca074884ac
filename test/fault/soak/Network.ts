/**
 * How the network of a client is hurt. Each fault answers whether it really happened: where there is
 * no connection, for instance, there is nothing to cut.
 */
import * as Effect from "effect/Effect"
import type { CutAfter, Directions } from "../../support/FaultProxy.ts"
import type { SoakClient } from "./Client.ts"
import { between, type Dice, type NetworkFault, oneOf } from "./Plan.ts"
import type { SoakTime } from "./Time.ts"

/** How long a fault waits for what it needs, in milliseconds. */
export const patience = 3_000

interface Hurt {
  readonly time: SoakTime
  readonly client: SoakClient
  readonly dice: Dice
}

const directionOf = (part: number): Directions => {
  if (part < 1 / 3) return "up"
  return part < 2 / 3 ? "down" : "both"
}

/** Asks whether so many bytes have passed in a direction from now on. */
const passing = (client: SoakClient, direction: Directions) => {
  const passed = Effect.map(client.proxy.bytes, ({ down, up }) => {
    if (direction === "both") return up + down
    return direction === "up" ? up : down
  })
  return Effect.map(
    passed,
    (before) => (bytes: number) => Effect.map(passed, (after) => after - before >= bytes)
  )
}

/** Asks whether so many connections have been asked for from now on. */
const coming = ({ proxy }: SoakClient) =>
  Effect.map(
    proxy.accepted,
    (before) => (count: number) => Effect.map(proxy.accepted, (after) => after - before >= count)
  )

/** Something that bytes suffer on their way: it happened if there were any. */
const onTheWay = Effect.fnUntraced(function* (
  { client, dice, time }: Hurt,
  hurt: (direction: Directions) => Effect.Effect<void>
) {
  const direction = directionOf(dice.coin)
  const passed = yield* passing(client, direction)
  yield* hurt(direction)
  yield* time.hold(between(400, 1_600, dice.hold))
  const happened = yield* time.until(passed(1), patience)
  yield* client.proxy.heal
  return happened
})

const blackHole = Effect.fnUntraced(function* (
  { client, dice, time }: Hurt,
  direction: Directions
) {
  yield* client.proxy.blackHole(direction)
  yield* time.hold(between(300, 3_000, dice.hold))
  yield* client.proxy.heal
  return true
})

/**
 * Where a handshake was hit, what was agreed on may be wrong for as long as the connection lives: the
 * user, the room, the subscription. TLS would not let such a connection live either: it is cut.
 */
const corrupt = Effect.fnUntraced(function* (
  { client, dice, time }: Hurt,
  direction: "up" | "down"
) {
  const { proxy } = client
  const probability = oneOf(1, between(0.3, 0.7, dice.dose), dice.coin)
  // The proxy does not count its hits. Of so many bytes, several chunks, hardly ever none is hit.
  const enough = probability === 1 ? 1 : (direction === "up" ? 750 : 1_200) / probability
  const came = yield* coming(client)
  const passed = yield* passing(client, direction)
  client.corruptedUntil = Number.POSITIVE_INFINITY
  yield* proxy.corrupt(probability, direction)
  yield* time.hold(between(400, 2_000, dice.hold))
  const happened = yield* time.until(passed(enough), patience)
  yield* proxy.heal
  client.corruptedUntil = time.now()
  if (yield* came(1)) yield* proxy.cut
  return happened
})

/** Cuts, so that the client comes again, and cuts the connection with which it does. */
const cutAfter = Effect.fnUntraced(function* ({ client, time }: Hurt, cut: CutAfter) {
  const { proxy } = client
  const came = yield* coming(client)
  yield* proxy.cutAfter(cut)
  yield* proxy.cut
  // One that is cut, and the next one because of that.
  const happened = yield* time.until(came(2), patience)
  yield* proxy.heal
  return happened
})

const cutInFrame = (hurt: Hurt): Effect.Effect<boolean> => {
  const { coin, dose } = hurt.dice
  const direction = oneOf("up", "down", coin)
  const bytes = Math.ceil(between(1, direction === "up" ? 500 : 3_000, dose))
  return cutAfter(hurt, { direction, bytes, bytesFrom: "handshake" })
}

/** Either head is longer than what passes of it. */
const cutInHandshake = (hurt: Hurt): Effect.Effect<boolean> => {
  const { coin, dose } = hurt.dice
  const direction = oneOf("up", "down", coin)
  return cutAfter(hurt, { direction, bytes: Math.floor(between(0, 120, dose)) })
}

const refuse = Effect.fnUntraced(function* ({ client, dice, time }: Hurt) {
  const { proxy } = client
  const came = yield* coming(client)
  yield* proxy.refuse(true)
  yield* proxy.cut
  yield* time.hold(between(300, 2_000, dice.hold))
  const happened = yield* time.until(came(1), patience)
  yield* proxy.heal
  return happened
})

const hurtBy = (fault: NetworkFault, hurt: Hurt): Effect.Effect<boolean> => {
  const { proxy } = hurt.client
  const { dose } = hurt.dice
  switch (fault) {
    case "cut":
      return Effect.as(proxy.cut, true)
    case "reset":
      return Effect.as(proxy.reset, true)
    case "black hole up":
      return blackHole(hurt, "up")
    case "black hole down":
      return blackHole(hurt, "down")
    case "black hole both":
      return blackHole(hurt, "both")
    case "delay": {
      const millis = between(30, 700, dose)
      return onTheWay(hurt, (direction) => proxy.delay({ millis, jitter: millis, direction }))
    }
    case "throttle":
      return onTheWay(hurt, (direction) =>
        proxy.throttle(Math.ceil(between(500, 8_000, dose)), direction)
      )
    case "split":
      return onTheWay(hurt, (direction) => proxy.split(Math.ceil(between(1, 60, dose)), direction))
    case "merge":
      return onTheWay(hurt, (direction) => proxy.merge(between(20, 500, dose), direction))
    case "corrupt up":
      return corrupt(hurt, "up")
    case "corrupt down":
      return corrupt(hurt, "down")
    case "cut in the handshake":
      return cutInHandshake(hurt)
    case "cut in a frame":
      return cutInFrame(hurt)
    case "refuse":
      return refuse(hurt)
  }
}

/** Waits until a client is connected, hurts its network, and heals it. */
export const hurtNetwork = Effect.fnUntraced(function* (
  time: SoakTime,
  client: SoakClient,
  fault: NetworkFault,
  dice: Dice
) {
  const isConnected = Effect.sync(() => client.isConnected)
  if (!(yield* time.until(isConnected, patience))) return false
  client.note(`[${fault}]`)
  const happened = yield* hurtBy(fault, { time, client, dice })
  client.note(`[${fault} is over]`)
  return happened
})
