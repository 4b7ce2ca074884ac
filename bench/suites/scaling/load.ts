/** What it costs relays, and NATS between them, that so many people in so many rooms say so much. */
import * as Effect from "effect/Effect"
import type { Figures, Measure } from "../../suite.ts"
import { Crowd, now, sleep } from "../fanout/Crowd.ts"
import { drift } from "./poisson.ts"
import type { Point } from "./Point.ts"
import { type Account, type Site, startSite } from "./Site.ts"

/**
 * - `millis`: how long it is measured, after `warmUp` milliseconds of the same.
 * - `before`: rooms that are filled, as the others, before memory is read; it is not read without them.
 */
export interface Input extends Point {
  readonly millis: number
  readonly warmUp: number
  readonly before?: number
}

/** How long a relay is left alone before its memory is read, in milliseconds. */
const rest = 2_000

/** Fills rooms, one after the other; they are counted up from `first`. */
const fill = async (site: Site, { bytes, members }: Point, rooms: number, first = 0) => {
  const crowds: Array<Crowd> = []
  for (let room = first; room < first + rooms; room++) {
    const path = `/v2022-06-30/socket/room-${String(room).padStart(4, "0")}`
    const size = { members, senders: members, bytes }
    const crowd = await Crowd.join(site.urls, { ...site.protocol, path }, size)
    await crowd.calibrate()
    await crowd.verify(1)
    crowds.push(crowd)
  }
  return crowds
}

/**
 * Everyone gets the latest of all, but where a process stands still, what came meanwhile is conflated: of
 * all that was sent, at least that share must arrive.
 */
const leastDelivered = 0.95

const residentOf = async (site: Site) => {
  await sleep(rest)
  return (await site.ask("collected")).rss
}

const sum = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0)

/** Shares of a core are in milliseconds a second; events, writes and deliveries, of all nodes, a second. */
const figuresOf = (before: Account, after: Account, millis: number, own: number): Figures => {
  const eachSecond = (of: (account: Account) => number) =>
    ((of(after) - of(before)) / millis) * 1_000
  const relays = before.relays.map((_, node) =>
    eachSecond(({ relays }) => (relays[node]?.cpu ?? Number.NaN) / 1_000)
  )
  const deliveries = eachSecond(({ deliveries }) => deliveries)
  const writes = eachSecond(({ writes }) => writes)
  return {
    relay: sum(relays) / relays.length,
    busiest: Math.max(...relays) / 10,
    ...(deliveries === 0 ? {} : { perCore: (deliveries / sum(relays)) * 1_000 }),
    ...(writes === 0 ? {} : { perWrite: deliveries / writes }),
    events: eachSecond(({ events }) => events),
    perSecond: deliveries,
    writes,
    natsProcessor: eachSecond(({ nats }) => nats.cpu),
    natsIn: eachSecond(({ nats }) => nats.in_msgs),
    natsOut: eachSecond(({ nats }) => nats.out_msgs),
    natsBytesIn: eachSecond(({ nats }) => nats.in_bytes),
    natsBytesOut: eachSecond(({ nats }) => nats.out_bytes),
    crowd: own / millis / 10
  }
}

const settle = (crowds: ReadonlyArray<Crowd>) => Promise.all(crowds.map((crowd) => crowd.settle()))

const timed = async (site: Site, crowds: ReadonlyArray<Crowd>, input: Input): Promise<Figures> => {
  const { hertz, members, millis, rooms, warmUp } = input
  const perSecond = rooms * members * hertz
  await drift(crowds, perSecond, warmUp)
  await settle(crowds)
  const sentOf = () => sum(crowds.map(({ sent }) => sent))
  const sent = sentOf()
  for (const crowd of crowds) crowd.deliveries = 0
  const before = await site.account()
  const ownCpu = process.cpuUsage()
  const started = now()
  await drift(crowds, perSecond, millis)
  await settle(crowds)
  const elapsed = now() - started
  const { system, user } = process.cpuUsage(ownCpu)
  const after = await site.account()
  const deliveries = sum(crowds.map((crowd) => crowd.deliveries))
  const all = (sentOf() - sent) * members
  if (deliveries < leastDelivered * all) throw new Error("this machine is too busy to be measured")
  const delivered = all === 0 ? 100 : (100 * deliveries) / all
  return { delivered, ...figuresOf(before, after, elapsed, user + system) }
}

const scene = async (site: Site, input: Input): Promise<Figures> => {
  const { before, bytes, hertz, isJoined, members, nodes, rooms } = input
  const point = { nodes, joined: isJoined ? 1 : 0, rooms, members, hertz, bytes }
  if (before === undefined) {
    return { ...point, ...(await timed(site, await fill(site, input, rooms), input)) }
  }
  // Those who were there before stay: else the others would move into memory that counts as taken.
  const early = await fill(site, input, before)
  const empty = await residentOf(site)
  const late = await fill(site, input, rooms - before, before)
  const resident = ((await residentOf(site)) - empty) / (members * (rooms - before))
  const base = empty - resident * members * before
  return { ...point, resident, base, ...(await timed(site, [...early, ...late], input)) }
}

export const measure: Measure<Input> = (input) =>
  startSite(input.nodes, input.isJoined).pipe(
    Effect.flatMap((site) => Effect.promise(() => scene(site, input))),
    Effect.scoped,
    Effect.runPromise
  )
